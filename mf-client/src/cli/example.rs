//! Examples below help texts: in the words of the original's manual.

use mf_core::resource::Resource;

/// An example below a help text.
pub fn text(text: &str) -> String {
    format!("Example:\n  {}", text.replace('\n', "\n  "))
}

/// A label for examples.
pub fn label(of: &Resource) -> &'static str {
    match of.name {
        "arch" => "x86_64",
        "bug_handler" => "bugzilla",
        "build" => "php-5.2.14-1",
        "build_handler" => "generic",
        "build_type" => "bug",
        "distro" => "el",
        "group" => "ius-admins",
        "package" => "git17",
        "package-branch" => "git17.rpm",
        "project" => "ius",
        "release" => "el6",
        "system" => "builder1",
        "tag" => "testing",
        "target" => "el6-x86_64",
        "task" => "php-5.2.14-1.el6-x86_64",
        "user" => "derks",
        _ => "git",
    }
}

/// The example of `create`.
pub fn create(of: &Resource) -> String {
    let more = match of.name {
        "build" => " --package-branch php.fc14 --type bug --watch",
        "package" => " --summary \"Fast Version Control System\" --source-name git --user derks",
        "package-branch" => " --package git17 --build-handler rpm --release el4,el5",
        "project" => " --vcs-handler git --admin-group ius-admins",
        "release" => " --distro el",
        "tag" => " --requires-admin=True --manage-repo=True",
        "target" => " --release el6 --arch x86_64",
        "build_type" => " --priority 10",
        "group" => " --users derks,ada",
        "user" => " --display-name \"BJ Dierkes\" --email derks@example.org",
        _ => "",
    };
    format!("mf {} create -l {}{more}", super::noun(of), label(of))
}

/// The example of `update`.
pub fn update(of: &Resource) -> String {
    let change = match of.name {
        "package" => "--group my-group --footprint 2",
        "package-branch" => "--vcs-branch stable",
        "project" => "--vcs-handler git",
        "release" => "--eol",
        "tag" => "--locked=True",
        "target" => "--tag-path redhat/6/x86_64",
        "build_type" => "--priority 20",
        "group" => "--users derks,ada",
        "system" => "--capacity 4",
        "build_handler" | "bug_handler" => "--config \"$(cat handler.toml)\"",
        "vcs_handler" => "--url-template \"https://git.example.org/{project}/{package}\"",
        _ => "--display-name \"A better name\"",
    };
    format!("mf {} update {} {change}", super::noun(of), label(of))
}
