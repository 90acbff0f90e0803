//! The exit codes of `mf`: every row of the book's table, by what leads to it;
//! those of a build the same whether it ends while it is watched or before.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use monkeyfarm_tests::programs::source_tree;
use monkeyfarm_tests::{Farm, Ran, world};
use rustix::process::{Pid, Signal, kill_process};

/// A farm whose builds begin, and then wait to be told how they end.
struct Gate {
    farm: Farm,
    branch: String,
}

/// `mf build watch`, which has seen the build begin.
struct Watch(Child);

impl Gate {
    fn new() -> Self {
        let farm = Farm::start();
        world::make(&farm);
        let path = |name: &str| farm.scratch().join(name);
        for name in ["began", "gate"] {
            assert!(Command::new("mkfifo").arg(path(name)).status().unwrap().success());
        }
        let began = format!("echo began > {}", path("began").display());
        let ends = format!("read word < {}; test \"$word\" = good", path("gate").display());
        let recipe = world::recipe(&[&began, &ends]);
        farm.ok(["target", "update", "one-x86_64", "--config", &recipe]);
        let branch = world::package(&farm, "tool", "", &["--release", "one"]);
        Self { farm, branch }
    }

    fn submit(&self, label: &str) {
        self.farm.ok(["build", "create", "-l", label, "--package-branch", &self.branch]);
        self.wait_until_begun();
    }

    fn wait_until_begun(&self) {
        assert_eq!(fs::read_to_string(self.farm.scratch().join("began")).unwrap(), "began\n");
    }

    fn say(&self, word: &str) {
        fs::write(self.farm.scratch().join("gate"), format!("{word}\n")).unwrap();
    }

    fn watch(&self, label: &str) -> Watch {
        let mut mf = self.farm.mf_command();
        mf.args(["build", "watch", label]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = mf.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = out.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("one-x86_64 Building")), "it is being built");
        // Nobody is to be kept waiting by a pipe that is full.
        std::thread::spawn(move || lines.for_each(drop));
        Watch(child)
    }
}

impl Watch {
    fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id() as i32).unwrap()
    }

    fn code(mut self) -> i32 {
        self.0.wait().unwrap().code().unwrap()
    }
}

/// How each build ended that was watched, and what is said of it afterwards.
fn builds(gate: &Gate, seen: &mut BTreeSet<i32>) {
    let farm = &gate.farm;
    let ends: [(&str, i32, &dyn Fn()); 4] = [
        ("good-1", 0, &|| gate.say("good")),
        ("bad-1", 1, &|| gate.say("bad")),
        ("cancelled-1", 3, &|| drop(farm.ok(["build", "cancel", "cancelled-1"]))),
        ("lost-1", 4, &|| {
            for attempt in 1..=3 {
                if attempt > 1 {
                    gate.wait_until_begun();
                }
                let worker = Pid::from_raw(farm.child("mf-workerd")).unwrap();
                kill_process(worker, Signal::KILL).unwrap();
            }
        }),
    ];
    for (label, code, end) in ends {
        gate.submit(label);
        let watch = gate.watch(label);
        end();
        assert_eq!(watch.code(), code, "{label}, while it was watched");
        for more in [&[][..], &["--json"], &["--jsonl"], &["-q"]] {
            let words = ["build", "watch", label].into_iter().chain(more.iter().copied());
            let after = farm.mf(words);
            assert_eq!(after.code, code, "{label} {more:?}, when it had ended: {after:?}");
        }
        seen.insert(code);
    }
    gate.submit("long-1");
    let late = farm.mf(["build", "watch", "long-1", "--timeout", "1"]);
    assert_eq!(late.code, 5, "{late:?}");
    assert!(late.err.contains("it goes on"), "{late:?}");
    let left = gate.watch("long-1");
    kill_process(left.pid(), Signal::INT).unwrap();
    assert_eq!(left.code(), 130);
    gate.say("good");
    assert_eq!(farm.mf(["build", "watch", "long-1", "--timeout", "60"]).code, 0);
    seen.extend([5, 130]);
}

/// Answers one request with an error of the hub's own.
fn broken_hub() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let body = r#"{"data":{},"errors":{"Internal":"the hub could not do it"}}"#;
        let head = format!("HTTP/1.1 500 Internal\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all(format!("{head}{body}").as_bytes()).unwrap();
    });
    url
}

#[test]
fn every_row_of_the_table_of_exit_codes_is_as_it_says() {
    let gate = Gate::new();
    let farm = &gate.farm;
    let mut seen = BTreeSet::new();
    builds(&gate, &mut seen);
    let create = ["build", "create", "-l", "good-1", "--package-branch", "tool.main"];
    let broken = broken_hub();
    for (words, code) in [
        (&["build", "watch"][..], 2),
        (&["build", "frob"], 2),
        (&["build", "watch", "never"], 6),
        (&["task", "log", "never.one-x86_64"], 6),
        (&create, 9),
        (&["tag", "create", "-l", "a b"], 2),
        (&["build", "retry", "good-1"], 9),
        (&["--hub", "http://127.0.0.1:1", "status"], 8),
        (&["--hub", &broken, "status"], 70),
        (&["--connection", "none", "status"], 78),
    ] {
        let ran = farm.mf(words.iter().copied());
        assert_eq!(ran.code, code, "{words:?}: {ran:?}");
        assert!(ran.err.starts_with("error: "), "{words:?}: {ran:?}");
        seen.insert(code);
    }
    let denied = Ran::of(farm.mf_command().arg("status").env("MF_API_KEY", "mf_00_wrong"));
    assert_eq!(denied.code, 7, "{denied:?}");
    let locked = Ran::of(farm.up_command().stdin(Stdio::null()));
    assert_eq!(locked.code, 75, "{locked:?}");
    seen.extend([7, 75]);
    let book = fs::read_to_string(source_tree().join("docs/mf.md")).unwrap();
    let (_, table) = book.split_once("| code | `mf` |").unwrap();
    let rows = table.lines().skip(2).map_while(|row| row.strip_prefix("| "));
    let told: BTreeSet<i32> =
        rows.map(|row| row.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(seen, told, "each is tried here, and in the book");
}
