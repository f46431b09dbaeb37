<?php
namespace App;

use Illuminate\Foundation\Support\Providers\RouteServiceProvider;
use Illuminate\Support\Facades\Route;

class Routes extends RouteServiceProvider
{
    public function boot()
    {
        $this->routes(function () {
            Route::get('/', [Pages::class, 'show']);
            Route::get('/slow', [Pages::class, 'slow']);
        });
    }
}
