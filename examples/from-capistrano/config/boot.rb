# With a Gemfile: ENV["BUNDLE_GEMFILE"] ||= File.expand_path("../Gemfile", __dir__), and require "bundler/setup". This example runs on Debian's Rails.
ENV["RAILS_ENV"] ||= "production"
