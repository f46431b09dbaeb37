set :application, "bench"
set :deploy_to, ENV.fetch("ROOT")
set :keep_releases, 2
set :linked_dirs, %w[media]
set :format_options, log_file: ENV.fetch("LOG")
set :ssh_options, keys: [ENV.fetch("KEY")], keys_only: true, config: false, user_known_hosts_file: ENV.fetch("KNOWN_HOSTS"),
                  verify_host_key: :always

namespace :deploy do
  # A step of the release, in its folder.
  step = lambda do |name, roles|
    task(name) do
      on roles(roles), in: :parallel do
        within(release_path) { execute :sh, "deploy/#{name}.sh" }
      end
    end
  end
  { install: :all, collect: :all, migrate: :db, restart: :all, verify: :all }.each { |name, roles| step.call(name, roles) }

  after :updated, :install
  after :install, :collect
  after :collect, :migrate
  after :published, :restart
  after :restart, :verify
end
