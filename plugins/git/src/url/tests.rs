#![allow(clippy::unwrap_used)]

use super::*;

fn given_to_git(text: &str) -> String {
    Url::parse(text).unwrap().for_git()
}

#[test]
fn one_place_has_one_form() {
    let one = Url::parse("https://github.com/a/b.git").unwrap();
    for text in ["HTTPS://GitHub.com:443//a///b.git/", "https://github.com:/a/b.git"] {
        assert_eq!(Url::parse(text).unwrap(), one, "{text}");
    }
    assert_eq!(given_to_git("Git://[::1]:9418/x"), "git://[::1]/x");
    assert_eq!(given_to_git("http://h:8080/x"), "http://h:8080/x");
    assert_eq!(given_to_git("file://LOCALHOST/srv/my repo"), "file:///srv/my repo");
    assert_eq!(given_to_git("ssh://git@Host:22/a"), "ssh://git@host/a");
    assert_eq!(given_to_git("git@Host:a//b/"), "git@host:a/b");
    assert_eq!(given_to_git("git@host:/a"), "ssh://git@host/a");
}

#[test]
fn secrets_reach_neither_argv_nor_log() {
    for (text, line) in [
        ("https://joe:se%40cret@h/a", "https://joe:se%40cret@h"),
        ("https://token@h:8443/a", "https://token:@h:8443"),
    ] {
        let url = Url::parse(text).unwrap();
        assert_eq!(url.credentials().unwrap(), line);
        assert!(url.to_string().contains("://***@h"), "{url}");
        assert!(!url.for_git().contains('@'), "{}", url.for_git());
    }
    for text in [
        "https://joe:secret@bad_host!/a",
        "https://joe:sec/ret@h/a/../b",
        "ssh://joe:secret@h/a",
        "joe:secret@h:a",
        "x-joe:secret@h:a",
        "https://joe:secret@h/\n",
        "ftp://joe:secret@h/a",
        "https://joe:secret@h",
    ] {
        let sentence = Url::parse(text).unwrap_err().sentence;
        assert!(!sentence.contains("sec"), "{sentence}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for (text, why) in [
        ("", "is no url"),
        ("--upload-pack=touch x", "is an option and not a url"),
        ("-oProxyCommand=touch x:y", "is an option and not a url"),
        ("ext::sh -c touch% x", "names a program to fetch with"),
        ("EXT::sh", "names a program to fetch with"),
        ("fd::17", "names a program to fetch with"),
        ("ssh+ext::x", "names a program to fetch with"),
        ("/srv/git/x", "is no url"),
        ("../x", "is no url"),
        ("./a:b", "is no url"),
        ("x", "is no url"),
        ("c:", "is no url"),
        ("ftp://h/x", "has a scheme that is not known"),
        ("://h/x", "has a scheme that is not known"),
        ("https:///x", "has no host"),
        ("https://h", "has no path"),
        ("https://h/", "has no path"),
        ("https://a b/x", "has no host"),
        ("https://h:port/x", "has a port that is not a number"),
        ("https://h/a/../x", "has a `.` or `..`"),
        ("https://h/a/%2E./x", "has a `.` or `..`"),
        ("https://[::1/x", "has no host"),
        ("ssh://-oProxyCommand=touch/x", "has no host"),
        ("ssh://-x@h/x", "has a login name that is none"),
        ("-x@h:x", "is an option"),
        ("a@-h:x", "has no host"),
        ("a@h:-x", "has a path that begins with a dash"),
        ("git://joe@h/x", "has a user"),
        ("file://host/x", "names a host"),
        ("https://h/x\0", "has a control character"),
    ] {
        let sentence = Url::parse(text).unwrap_err().sentence;
        assert!(sentence.contains(why), "{text}: {sentence}");
    }
}
