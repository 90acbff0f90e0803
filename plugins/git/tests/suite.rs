//! The suite that all vcs handlers pass, over git's own servers.

mod served;

monkeyfarm_vcs_kit::vcs_suite!(daemon, crate::served::over_daemon());
monkeyfarm_vcs_kit::vcs_suite!(http, crate::served::over_http());
monkeyfarm_vcs_kit::vcs_access_suite!(access, crate::served::over_daemon());
