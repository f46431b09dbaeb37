require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "sprockets/railtie"

module Shop
  class Application < Rails::Application
    config.load_defaults 6.1
    config.eager_load = true
    config.secret_key_base = ENV["SECRET_KEY_BASE"] || File.read(Rails.root.join("config/secret_key")).strip
    config.public_file_server.enabled = true
    config.active_record.dump_schema_after_migration = false
    config.hosts.clear
    config.x.version = File.read(Rails.root.join("VERSION")).strip
    config.x.release = File.basename(File.realpath(Rails.root))
  end
end
