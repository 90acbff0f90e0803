//! A farm with something to see, and a browser before it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use monkeyfarm_tests::{Browser, Farm, Repository, world};

/// A farm and a browser.
pub struct Shop {
    pub browser: Browser,
    pub farm: Farm,
    pub url: String,
}

impl Shop {
    /// The world of [`world::make`] with the package `tool`, of which nothing
    /// was built yet; `None` where there is no browser.
    pub fn open(commands: &[&str]) -> Option<Self> {
        let browser = Browser::start()?;
        let farm = Farm::start();
        world::make(&farm);
        let recipe = world::recipe(commands);
        let source =
            Repository::new(farm.scratch().join("source"), &[(".monkeyfarm.toml", &recipe)]);
        world::package(&farm, "tool", &source.url(), &[]);
        let url = farm.setting("url");
        Some(Self { browser, farm, url })
    }

    /// Builds `tool` and waits for its end.
    pub fn build(&self, label: &str) {
        self.farm.mf(["build", "create", "-l", label, "--package-branch", "tool.main", "--watch"]);
    }

    /// Goes to a page.
    pub fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.url));
    }

    /// Signs in as the farm's admin, through the page.
    pub fn sign_in(&self) {
        self.sign_in_with(&self.farm.setting("api_key"));
    }

    /// Signs in with a key, through the page.
    pub fn sign_in_with(&self, key: &str) {
        self.go("/sign-in");
        self.browser.js(&format!("document.getElementById('secret').value = '{key}'"));
        self.browser.js("document.querySelector('form.act button').click()");
        self.browser.wait_for("document.querySelector('.me form')");
    }

    /// Nothing was refused, and nothing asked for elsewhere.
    pub fn check_quiet(&self, what: &str) {
        let told = self.browser.complaints();
        assert!(told.is_empty(), "{what}: {told:#?}");
        for (address, _) in self.browser.requests() {
            let ours = address.starts_with(&self.url) || address.starts_with("data:");
            assert!(ours || address.starts_with("chrome"), "{what}: {address} was asked for");
        }
    }
}

/// A log of so many lines, `line 1` to the last, put in place of that of a
/// task, with an error in the middle.
pub fn grow_log(shop: &Shop, task: i64, lines: usize) {
    let mut text = String::with_capacity(lines * 16);
    for number in 1..=lines {
        let what = if number == lines / 2 { "error: it broke here" } else { "line" };
        writeln!(text, "{what} {number}").unwrap();
    }
    let at = log_file(shop, task);
    fs::write(&at, text).unwrap();
    // It is another log's now.
    fs::remove_file(at.with_extension("lines")).unwrap();
}

/// Where the first log of a task is on the hub's disk.
pub fn log_file(shop: &Shop, task: i64) -> PathBuf {
    let at = shop.farm.data_dir().join(format!("files/tasks/{task}/1/log-1"));
    assert!(at.exists(), "{} is not there", at.display());
    at
}
