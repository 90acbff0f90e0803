#![allow(clippy::unwrap_used)]

use super::*;

const KNOWN: &[Scheme] = &[
    Scheme::HTTPS,
    Scheme::HTTP,
    Scheme { name: "git", port: "9418", kind: Kind::Open },
    Scheme::SSH,
    Scheme::FILE,
];

fn parse(text: &str) -> Result<Url, Failure> {
    Url::parse(text, KNOWN)
}

fn given(text: &str) -> String {
    parse(text).unwrap().for_program()
}

#[test]
fn one_place_has_one_form() {
    let one = parse("https://github.com/a/b.git").unwrap();
    for text in [
        "HTTPS://GitHub.com:443//a///b.git/",
        "https://github.com:/a/b.git",
        "https://github.com./%61/b%2Egit",
    ] {
        assert_eq!(parse(text).unwrap(), one, "{text}");
    }
    assert_eq!(given("Git://[::1]:9418/x"), "git://[::1]/x");
    assert_eq!(given("http://h:8080/x"), "http://h:8080/x");
    assert_eq!(given("file://LOCALHOST/srv/my repo"), "file:///srv/my repo");
    assert_eq!(given("ssh://git@Host:22/a"), "ssh://git@host/a");
    assert_eq!(given("git@Host:a//b/"), "git@host:a/b");
    assert_eq!(given("git@host:/a"), "ssh://git@host/a");
}

#[test]
fn secrets_reach_neither_argv_nor_log() {
    for (text, place, secret) in [
        ("https://joe:se%40cret@h/a", "https://h", ("joe", "se%40cret")),
        ("https://token@h:8443/a", "https://h:8443", ("token", "")),
    ] {
        let url = parse(text).unwrap();
        assert_eq!((url.place().as_str(), url.secret().unwrap()), (place, secret));
        assert!(url.to_string().contains("://***@h"), "{url}");
        assert!(!url.for_program().contains('@'), "{}", url.for_program());
    }
    assert_eq!(parse("ssh://git@h/a").unwrap().secret(), None);
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
        let sentence = parse(text).unwrap_err().sentence;
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
        ("https://h/a%2F..%2fb/x", "has a slash or a zero"),
        ("https://h/a%5Cb", "has a slash or a zero"),
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
        let sentence = parse(text).unwrap_err().sentence;
        assert!(sentence.contains(why), "{text}: {sentence}");
    }
}

#[test]
fn what_is_within_a_place_is_told_after_normalising() {
    let within = |text, place| parse(text).unwrap().is_within(&parse(place).unwrap());
    let team = "https://example.org/team";
    for text in [
        "https://example.org/team",
        "HTTPS://EXAMPLE.org:443//team///x/",
        "https://joe:secret@example.org./te%61m/x",
    ] {
        assert!(within(text, team), "{text}");
    }
    for text in [
        "http://example.org/team/x",
        "https://example.org/teams",
        "https://example.org/other/team",
        "https://example.org/Team/x",
        "https://example.org:8443/team/x",
        "https://example.org@evil.example/team/x",
        "https://example.org.evil.example/team/x",
        "git@example.org:team/x",
    ] {
        assert!(!within(text, team), "{text}");
    }
    assert!(!within("ssh://git@h/a/b", "git@h:a"));
}

#[test]
fn a_branch_may_be_below_a_place() {
    let url = parse("https://joe:secret@h/a").unwrap();
    assert_eq!(url.below("trunk").unwrap().for_program(), "https://h/a/trunk");
    assert_eq!(url.below("x/y").unwrap().path(), "/a/x/y");
    for name in ["../b", "a/%2e%2e/b", "a%2fb"] {
        assert!(url.below(name).is_err(), "{name}");
    }
    assert_eq!(parse("http://h:80/a").unwrap().host_and_port(), ("h", None));
    assert_eq!(parse("http://[::1]:81/a").unwrap().host_and_port(), ("[::1]", Some("81")));
}
