require "capistrano/scm/plugin"

# A source of releases for Capistrano: a tarball that was built before, uploaded to all hosts at once.
class Tarball < Capistrano::SCM::Plugin
  def define_tasks
    namespace :tarball do
      task :create_release do
        on release_roles(:all), in: :parallel do
          execute :mkdir, "-p", release_path
          upload! ENV.fetch("TARBALL"), "#{release_path}.tar.gz"
          execute :tar, "-xzf", "#{release_path}.tar.gz", "-C", release_path, "&&", :rm, "#{release_path}.tar.gz"
          execute :sh, "-c", "'cd #{release_path} && sha256sum --quiet -c SHA256SUMS'" if ENV.fetch("VERIFY") == "yes"
        end
      end

      task(:set_current_revision) { set :current_revision, ENV.fetch("RELEASE") }
    end
  end

  def register_hooks
    after "deploy:new_release_path", "tarball:create_release"
    before "deploy:set_current_revision", "tarball:set_current_revision"
  end
end
