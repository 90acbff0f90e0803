"""MonkeyFarm: programs that talk to a build farm's hub."""
