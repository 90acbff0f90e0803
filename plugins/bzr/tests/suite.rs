//! The suite that all vcs handlers pass, over the servers that Bazaar
//! branches have.

mod served;

monkeyfarm_vcs_kit::vcs_suite!(smart, crate::served::over_brz());
monkeyfarm_vcs_kit::vcs_suite!(http, crate::served::over_http());
monkeyfarm_vcs_kit::vcs_access_suite!(access, crate::served::over_brz());
