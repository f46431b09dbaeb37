server "localhost", user: "deploy", roles: %w[app web db], primary: true
