//! Words from outside that become arguments of mock: each kind has its
//! letters, and none can be an option.

use monkeyfarm_plugin_api::Failure;

/// A name that is no path: of a configuration, a repository, a condition.
pub(crate) fn name(what: &str, word: &str) -> Result<(), Failure> {
    check(what, word, "letters, digits and . _ + -", |c| {
        c.is_ascii_alphanumeric() || "._+-".contains(c)
    })?;
    match word {
        "." | ".." => refuse(what, word, "is no name"),
        _ => Ok(()),
    }
}

/// The name of an RPM macro.
pub(crate) fn macro_name(word: &str) -> Result<(), Failure> {
    let what = "the macro";
    check(what, word, "letters, digits and _", |c| c.is_ascii_alphanumeric() || c == '_')?;
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return refuse(what, word, "begins with a digit");
    }
    Ok(())
}

/// The value of a macro: one line of text.
pub(crate) fn macro_value(name: &str, value: &str) -> Result<(), Failure> {
    if value.trim().is_empty() || value.contains(|c: char| c.is_control()) {
        let why = "is not one line of text; a macro needs a value, such as 1";
        return refuse(&format!("the value of macro `{name}`,"), value, why);
    }
    Ok(())
}

/// What a package manager can install: a name, a file or a capability.
pub(crate) fn package(word: &str) -> Result<(), Failure> {
    let letters = "letters, digits and . _ + - / ( ) : ~";
    check("the package", word, letters, |c| c.is_ascii_alphanumeric() || "._+-/():~".contains(c))
}

/// A part of a package's release: the build prefix, and what it ends up in.
pub(crate) fn release(what: &str, word: &str) -> Result<(), Failure> {
    check(what, word, "letters, digits and . _ + ~", |c| {
        c.is_ascii_alphanumeric() || "._+~".contains(c)
    })
}

fn check(what: &str, word: &str, may: &str, fits: fn(char) -> bool) -> Result<(), Failure> {
    if word.is_empty() {
        return refuse(what, word, "is empty");
    }
    if word.starts_with('-') {
        return refuse(what, word, "begins with a dash, as an option does");
    }
    match word.chars().find(|c| !fits(*c)) {
        Some(found) => refuse(what, word, &format!("contains {found:?}; it may have {may}")),
        None => Ok(()),
    }
}

fn refuse(what: &str, word: &str, why: &str) -> Result<(), Failure> {
    let shown: String = word.chars().take(80).collect();
    Err(Failure::new(format!("{what} {shown:?} {why}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_an_option_or_a_path() {
        name("x", "epel-9-x86_64").unwrap();
        for bad in ["", "-r", "--clean", "a/b", "../etc", ".", "..", "a b", "a\0", "ä", "a\n"] {
            name("the configuration", bad).unwrap_err();
        }
        package("perl(Foo::Bar)").unwrap();
        package("/usr/bin/gcc").unwrap();
        package("--installroot=/").unwrap_err();
        macro_name("_with_x").unwrap();
        macro_name("1x").unwrap_err();
        macro_name("dist .el6").unwrap_err();
        macro_value("a", "%{b} c").unwrap();
        macro_value("a", "b\nc").unwrap_err();
        release("the build prefix", "ius.1~2").unwrap();
        let told = release("the build prefix", "a-b").unwrap_err().sentence;
        assert_eq!(
            told,
            "the build prefix \"a-b\" contains '-'; it may have letters, digits and . _ + ~"
        );
    }
}
