<?php
namespace Deployer;

require 'recipe/laravel.php';

set('application', 'blog');
set('repository', 'git@github.com:example/blog.git');
set('keep_releases', 3);
set('shared_dirs', ['storage']);
set('shared_files', ['.env']);

host('web1.example.com')->set('remote_user', 'deploy')->set('deploy_path', '/srv/www/blog');

after('deploy:failed', 'deploy:unlock');
