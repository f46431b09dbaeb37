<?php
return [
    'default' => 'main', 'migrations' => 'migrations',
    'connections' => ['main' => ['driver' => 'sqlite', 'database' => env('DB_DATABASE'), 'prefix' => '']],
];
