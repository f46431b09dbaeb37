<?php
return [
    'name' => 'Blog', 'env' => env('APP_ENV', 'production'), 'debug' => false, 'url' => env('APP_URL', 'http://localhost'), 'timezone' => 'UTC',
    'locale' => 'en', 'fallback_locale' => 'en', 'key' => env('APP_KEY'), 'cipher' => 'AES-256-CBC',
    'providers' => [
        Illuminate\Bus\BusServiceProvider::class, Illuminate\Cache\CacheServiceProvider::class, Illuminate\Queue\QueueServiceProvider::class,
        Illuminate\Foundation\Providers\ConsoleSupportServiceProvider::class, Illuminate\Database\DatabaseServiceProvider::class,
        Illuminate\Encryption\EncryptionServiceProvider::class, Illuminate\Filesystem\FilesystemServiceProvider::class,
        Illuminate\Foundation\Providers\FoundationServiceProvider::class, Illuminate\Translation\TranslationServiceProvider::class,
        Illuminate\View\ViewServiceProvider::class, Illuminate\Foundation\Support\Providers\EventServiceProvider::class, App\Routes::class,
    ],
    'aliases' => [],
];
