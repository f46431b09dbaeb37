<?php
namespace App;

use Illuminate\Http\Request;
use Illuminate\Routing\Controller;
use Illuminate\Support\Facades\DB;

class Pages extends Controller
{
    public function show(Request $request)
    {
        if ($request->has('post')) {
            DB::table('posts')->insert(['title' => 'visit']);
        }
        $page = view('home', ['version' => $this->version(), 'posts' => DB::table('posts')->count()]);
        return response($page)->header('X-Release', basename(base_path()));
    }

    public function slow()
    {
        sleep(1);
        return response('Version ' . $this->version())->header('X-Release', basename(base_path()));
    }

    private function version()
    {
        return trim(file_get_contents(base_path('VERSION')));
    }
}
