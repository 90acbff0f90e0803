//! Everybody can read the pages: axe-core finds nothing in either scheme, they
//! are small, and need no more than a few requests. `MF_PICTURES=DIR` keeps a
//! picture of each.

use std::fs;
use std::path::{Path, PathBuf};

use monkeyfarm_tests::{Farm, python, world};
use serde_json::Value;

use crate::shop::Shop;

/// Most bytes that a page costs whoever comes for the first time, with all
/// that it loads.
const BYTES: u64 = 150_000;
/// Most requests of a page: itself, the style, two scripts, the icon, the
/// events, and what the log asks for.
const REQUESTS: usize = 8;

/// Pages, each with a name.
const PAGES: &[(&str, &str)] = &[
    ("start", "/"),
    ("builds", "/build"),
    ("nothing", "/build?status_label=Lost"),
    ("build", "/build/tool-1?project_label=demo"),
    ("failed", "/build/broken-1?project_label=demo"),
    ("cancelled", "/build/off-1?project_label=demo"),
    ("bugs", "/build/bugs-1?project_label=demo"),
    ("task", "/task/tool-1.one-x86_64?project_label=demo"),
    ("waits", "/task/rare-1.three-r?project_label=demo"),
    ("log", "/task/tool-1.one-x86_64?project_label=demo&log=build.log"),
    ("packages", "/package"),
    ("package", "/package/tool?project_label=demo"),
    ("branch", "/package-branch/tool.main?project_label=demo"),
    ("project", "/project/demo"),
    ("tags", "/tag"),
    ("tag", "/tag/stable?project_label=demo"),
    ("targets", "/target"),
    ("release", "/release/one"),
    ("systems", "/system"),
    ("repository", "/repo/demo/stable/"),
    ("empty", "/project/empty"),
    ("handlers", "/build_handler"),
    ("handler", "/build_handler/generic"),
    ("plugins", "/plugin"),
    ("plugin", "/plugin/generic"),
    ("user", "/user/admin"),
    ("group", "/group/testers"),
    ("search", "/search?mf_search_query=tool"),
    ("everything", "/everything"),
    ("sign-in", "/sign-in"),
    ("missing", "/build/none?project_label=demo"),
    ("docs", "/docs"),
];

fn furnished() -> Option<Shop> {
    let shop = Shop::open(&[
        "printf '\\033[32mgreen\\033[0m and plain\\n'",
        "echo x > $MF_RESULT_DIR/out.txt",
    ])?;
    let farm = &shop.farm;
    farm.ok(["tag", "create", "-l", "stable", "--manage-repo=True", "--about", "what users get"]);
    farm.ok(["package", "update", "tool", "--summary", "a tool that does one thing"]);
    shop.build("tool-1");
    shop.build("tool-2");
    farm.ok(["build", "comment", "tool-1", "--comment", "works for me", "--karma", "1"]);
    farm.ok(["build", "tag", "tool-1", "--tag", "stable"]);
    let broken = world::recipe(&["echo 'error: no such thing' >&2; exit 3"]);
    let source = monkeyfarm_tests::Repository::new(
        farm.scratch().join("broken"),
        &[(".monkeyfarm.toml", &broken)],
    );
    world::package(farm, "broken", &source.url(), &[]);
    farm.mf(["build", "create", "-l", "broken-1", "--package-branch", "broken.main", "--watch"]);
    troubled(farm);
    Some(shop)
}

/// What goes wrong on a farm, or waits: as its pages show it.
fn troubled(farm: &Farm) {
    farm.ok(["user", "create", "-l", "jane", "--display-name", "Jane Doe"]);
    farm.ok(["group", "create", "-l", "testers", "--restricted", "true"]);
    farm.ok(["project", "create", "-l", "empty"]);
    // An errand that nobody can do, and a head that is not there.
    farm.ok(["project", "update", "demo", "--bug-handler", "bugzilla"]);
    farm.ok(["build", "create", "-l", "bugs-1", "--package-branch", "tool.main", "--bugs", "17"]);
    let nowhere = format!("file://{}/nowhere", farm.scratch().display());
    world::package(farm, "gone", &nowhere, &["--build-on-commit", "true"]);
    monkeyfarm_tests::awaited::wait(farm, &["util", "status"], |status| {
        let troubles = status["data"]["status"]["troubles"].as_array().unwrap();
        let has = |kind: &str| troubles.iter().any(|it| it["kind"] == kind);
        has("head") && has("bug")
    });
    // A task that no system builds, and one that waits for a drained one.
    farm.ok(["arch", "create", "-l", "riscv64"]);
    farm.ok(["release", "create", "-l", "three", "--distro", "linux"]);
    farm.ok(["target", "create", "-l", "three-r", "--release", "three", "--arch", "riscv64"]);
    world::package(farm, "rare", "", &["--release", "three"]);
    farm.ok(["build", "create", "-l", "rare-1", "--package-branch", "rare.main"]);
    let system = farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    farm.ok(["system", "drain", system.as_str().unwrap(), "--reason", "new disks"]);
    farm.ok(["build", "create", "-l", "late-1", "--package-branch", "tool.main"]);
    farm.ok(["build", "create", "-l", "off-1", "--package-branch", "tool.main"]);
    farm.ok(["build", "cancel", "off-1"]);
    farm.ok(["util", "pause", "--reason", "the mirror moves, see `mf status`"]);
}

/// axe-core, where `make python-tools` has put it.
fn axe() -> Option<String> {
    let lib = python::tools().join("lib");
    let versions = fs::read_dir(&lib).into_iter().flatten().flatten().map(|entry| entry.path());
    let file = |dir: PathBuf| dir.join("site-packages/axe_playwright_python/axe.min.js");
    let found = versions.map(file).find_map(|path| fs::read_to_string(path).ok());
    if found.is_none() {
        eprintln!(
            "SKIPPED: there is no axe-core in {}; make python-tools installs it",
            lib.display()
        );
    }
    found
}

#[test]
fn pages_are_for_everybody_in_both_schemes_and_small() {
    let Some(shop) = furnished() else { return };
    shop.sign_in();
    let (axe, pictures) = (axe(), std::env::var_os("MF_PICTURES").map(PathBuf::from));
    let browser = &shop.browser;
    let mut found = Vec::new();
    for (name, path) in PAGES {
        browser.devtools("Network.clearBrowserCache", &serde_json::json!({}));
        browser.requests();
        shop.go(path);
        if *name == "log" {
            browser.wait_for("document.getElementById('log').dataset.ready");
        }
        let requests = browser.requests();
        let bytes: u64 = requests.iter().map(|(_, bytes)| bytes).sum();
        if *name != "docs" {
            assert!(bytes < BYTES, "{name}: {bytes} bytes: {requests:#?}");
        }
        assert!(requests.len() <= REQUESTS, "{name}: {requests:#?}");
        for scheme in ["light", "dark"] {
            for width in [360, 1440] {
                browser.look(width, 900, scheme);
                if let Some(dir) = &pictures {
                    picture(&shop, dir, &format!("{name}-{width}-{scheme}.png"), width, scheme);
                }
                found.extend(too_wide(&shop).map(|it| format!("{name} at {width}: {it}")));
            }
            // The largest page has the least that others have not. The other
            // scheme is the same page in other colours.
            let Some(axe) = axe.as_ref().filter(|_| *name != "docs") else { continue };
            let rules =
                if scheme == "light" { "null" } else { "['color-contrast', 'link-in-text-block']" };
            found.extend(
                violations(&shop, axe, rules)
                    .into_iter()
                    .map(|it| format!("{name}, {scheme}: {it}")),
            );
        }
        let refused = |line: &String| line.contains("Security Policy") || line.contains("Error");
        let told: Vec<String> = browser.complaints().into_iter().filter(refused).collect();
        assert!(told.is_empty(), "{name}: {told:#?}");
    }
    assert!(found.is_empty(), "{found:#?}");
    browser.look(320, 700, "light");
    for path in ["/", "/build", "/build/tool-1?project_label=demo"] {
        shop.go(path);
        assert_eq!(too_wide(&shop), None, "{path} at 320");
    }
}

/// What makes the page wider than its window.
fn too_wide(shop: &Shop) -> Option<String> {
    let wide = shop.browser.js(
        "const width = document.documentElement.clientWidth;\
         if (document.documentElement.scrollWidth <= width) return null;\
         const all = [...document.querySelectorAll('body *')];\
         const over = all.filter(e => e.getBoundingClientRect().right > width + 1 && !e.parentElement.closest('.scroll, .log'));\
         return over.map(e => e.outerHTML.slice(0, 120)).join(' | ') || 'something';",
    );
    wide.as_str().map(str::to_owned)
}

fn picture(shop: &Shop, dir: &Path, name: &str, width: u32, scheme: &str) {
    fs::create_dir_all(dir).unwrap();
    let height = shop.browser.js("return Math.min(document.documentElement.scrollHeight, 2400)");
    shop.browser.look(width, u32::try_from(height.as_u64().unwrap()).unwrap(), scheme);
    shop.browser.picture(&dir.join(name));
    shop.browser.look(width, 900, scheme);
}

/// What axe-core has against the page as it is, by these of its rules; `null`:
/// by all that it has on.
fn violations(shop: &Shop, axe: &str, rules: &str) -> Vec<String> {
    if shop.browser.js("return typeof window.axe") == "undefined" {
        shop.browser.js(axe);
    }
    let found = shop.browser.js_later(&format!(
        "const done = arguments[arguments.length - 1], rules = {rules};\
         axe.run(document, {{ resultTypes: ['violations'], ...(rules && {{ runOnly: {{ type: 'rule', values: rules }} }}) }}).then(r => done(r.violations.map(v => \
         [v.id, v.help, v.nodes.map(n => n.html + ' ' + n.any.map(a => a.message).join(' ')).slice(0, 3)])))\
         .catch(e => done([['axe', String(e), []]]));"
    ));
    found.as_array().unwrap().iter().map(Value::to_string).collect()
}
