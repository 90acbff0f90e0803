//! What the hub says, on a page: a sentence of the API, in which words that
//! are typed as they stand are between backticks.

use super::escape::Writing;

/// What the API says, as a sentence. What begins with a name that is to be
/// typed as it stands keeps its letters.
pub fn sentence(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    let is_name = !word.trim_end_matches([',', ':', ';', '.']).chars().all(char::is_alphabetic);
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    match is_name {
        true => format!("{text}{end}"),
        false => format!("{}{}{end}", first.to_uppercase(), letters.as_str()),
    }
}

/// A text of the hub as HTML: escaped, and with what is between two backticks
/// as code. What a compiler quotes `so' is left as it is.
pub fn html(text: impl AsRef<str>) -> String {
    let mut page = Writing::default();
    let mut rest = text.as_ref();
    while let Some((before, after)) = rest.split_once('`') {
        page.text(before);
        let code = after.split_once('`').filter(|(code, _)| !code.contains(['\'', '\n']));
        let Some((code, behind)) = code else {
            page.text("`");
            rest = after;
            continue;
        };
        page.raw("<code>");
        page.text(code);
        page.raw("</code>");
        rest = behind;
    }
    page.text(rest);
    page.0
}

/// The same where nothing can be code, such as in a title: without the backticks.
pub fn plain(text: impl AsRef<str>) -> String {
    text.as_ref().replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_leaves_names_as_they_are() {
        assert_eq!(sentence("there is no build"), "There is no build.");
        assert_eq!(sentence("paused: why?"), "Paused: why?");
        assert_eq!(sentence("plugins.d/x.toml: no url"), "plugins.d/x.toml: no url.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn what_is_typed_is_code_and_nothing_is_markup() {
        assert_eq!(html("`mf why x` tells, `y`."), "<code>mf why x</code> tells, <code>y</code>.");
        assert_eq!(html("<b>`<i>`&"), "&lt;b&gt;<code>&lt;i&gt;</code>&amp;");
        assert_eq!(html("one ` alone"), "one ` alone");
        assert_eq!(html("`a' is no `b', `c`"), "`a&#39; is no `b&#39;, <code>c</code>");
        assert_eq!(html(""), "");
        assert_eq!(plain("`mf why x` tells"), "mf why x tells");
    }
}
