require "json"
JSON.parse(ENV.fetch("HOSTS_JSON")).each_with_index do |host, i|
  server host["address"], user: host["user"], port: host["port"], roles: i.zero? ? %w[app db] : %w[app], primary: i.zero?, root: host["root"]
end
