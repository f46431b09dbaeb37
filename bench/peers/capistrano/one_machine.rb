# All hosts of the benchmark are one machine, where each has a folder of its own, and Capistrano has one deploy path for all of them: in
# what is run and uploaded it becomes the host's.
module OneMachine
  module Command
    def to_command
      super.gsub(fetch(:deploy_to), host.properties.root)
    end
  end

  module Upload
    def upload!(local, remote, options = {})
      super(local, remote.to_s.gsub(fetch(:deploy_to), host.properties.root), options)
    end
  end
end
SSHKit::Command.prepend(OneMachine::Command)
SSHKit::Backend::Netssh.prepend(OneMachine::Upload)
