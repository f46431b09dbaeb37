set :application, "shop"
set :repo_url, "/srv/data/shop.git"
set :branch, "production"
set :deploy_to, "/srv/www/shop"
set :keep_releases, 3
set :linked_files, %w[config/database.yml config/secret_key]
set :linked_dirs, %w[log tmp/pids public/uploads]
set :default_env, { rails_env: "production" }

namespace :deploy do
  after :updated, :build do
    on roles(:app) do
      within(release_path) { execute :ruby, "bin/rails", "assets:precompile" }
    end
    on primary(:db) do
      within(release_path) { execute :ruby, "bin/rails", "db:migrate" }
    end
  end
  after :published, :restart do
    on roles(:app) do
      execute "if [ -e #{shared_path}/tmp/pids/puma.pid ]; then kill -USR1 $(cat #{shared_path}/tmp/pids/puma.pid); fi"
    end
  end
end
