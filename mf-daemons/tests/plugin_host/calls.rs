//! How a call can end, and what the parent is told of it.

use mf_daemons::plugin::mask::Secrets;
use mf_daemons::plugin::{Ended, HostProgram, Job};
use monkeyfarm_plugin_api::farm::Ask;
use monkeyfarm_plugin_api::{ChangesJob, Checkout, CheckoutJob, Failure, HookJob, Hooked, Source};
use serde_json::json;

use crate::bench::{Bench, HOST, build, example};

fn crash(handler: &str) -> (String, String) {
    let (ended, log) = build(handler);
    let Ended::Crashed(sentence) = ended else { panic!("{ended:?}") };
    let plugin = format!("plugin 'hostile' ({}) ", example("hostile").display());
    (sentence.strip_prefix(&plugin).unwrap().to_owned(), log)
}

#[test]
fn a_handler_gets_its_job_and_nothing_of_the_daemons_own() {
    let bench = Bench::new(HostProgram::at(HOST));
    // As a shell would have left it open: every child of this test inherits it.
    let _open = rustix::io::dup(std::io::stdin()).unwrap();
    let mut progress = Vec::new();
    let (ended, log) = bench.start("tell", None).wait(|what| progress.push(what.to_owned()));
    let here = bench.dir.path().canonicalize().unwrap();
    let expected = format!(
        "env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n\
         env LANG=C.UTF-8\n\
         here {}\n\
         secret Some(\"s3cret\") None\n\
         stdin /dev/null\n\
         0, 1, 2, 3\n\
         printed by {}\n",
        here.display(),
        bench.marker
    );
    let sorted = |text: &str| {
        let about_the_host = ["namespace ", "first "];
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.retain(|line| !about_the_host.iter().any(|about| line.starts_with(about)));
        lines.sort();
        lines
    };
    assert_eq!(sorted(&log), sorted(&expected));
    assert_eq!(progress, ["telling"]);
    let Ended::Built(built) = ended else { panic!("{ended:?}") };
    assert_eq!(built.artifacts[0].path, here.join("made"));
}

#[test]
fn handlers_of_another_kind_come_from_the_same_library() {
    let job = CheckoutJob { url: "u".into(), reference: "r".into(), ..CheckoutJob::default() };
    let bench = Bench::new(HostProgram::at(HOST));
    let started = bench.start_job("nowhere", Job::Checkout(job), None);
    let (ended, _) = started.wait(|_| ());
    assert_eq!(ended, Ended::CheckedOut(Checkout { revision: "u@r".into() }));
}

#[test]
fn a_vcs_handler_is_asked_for_more_than_a_checkout() {
    let ask = |job| {
        let bench = Bench::new(HostProgram::at(HOST));
        bench.start_job("nowhere", job, None).wait(|_| ())
    };
    let source = Source { url: "u".into(), ..Source::default() };
    let job = ChangesJob { source: source.clone(), since: "r".into(), most: 0 };
    let (ended, log) = ask(Job::Changes(job));
    let Ended::Changed(changes) = ended else { panic!("{ended:?}") };
    assert_eq!(log, "since r of u\n");
    // Of ten thousand, the frame has what is bearable.
    assert!(changes.more && changes.changes.len() == 100);
    let told = "this vcs handler cannot tell the head of a branch";
    assert_eq!(ask(Job::Head(source)).0, Ended::Failed(Failure::new(told)));
}

#[test]
fn a_failure_is_the_handlers_sentence() {
    assert_eq!(build("fail").0, Ended::Failed(Failure::new("php does not compile")));
}

#[test]
fn an_unknown_handler_is_refused_by_name() {
    let Ended::Refused(sentence) = build("nothing").0 else { panic!() };
    assert!(sentence.ends_with("the plugin has no handler 'nothing' of this kind"), "{sentence}");
}

#[test]
fn a_panic_is_told_with_its_place_and_its_backtrace_is_in_the_log() {
    let (sentence, log) = crash("panic");
    assert!(sentence.starts_with("panicked at "), "{sentence}");
    assert!(sentence.contains("mf_plugin_hostile.rs:"), "{sentence}");
    assert!(sentence.ends_with(": this handler panics"), "{sentence}");
    assert!(log.contains("this handler panics\n"), "{log}");
    // The plugin's own part of it, from the place on.
    assert!(log.contains("mf_plugin_hostile::panic"), "{log}");
    for others in ["rust_begin_unwind", "monkeyfarm_plugin_api::guard::enter", "keeper"] {
        assert!(!log.contains(others), "{log}");
    }
}

#[test]
fn a_panic_in_a_drop_is_contained_too() {
    let (sentence, _) = crash("drop");
    assert!(sentence.ends_with(": dropped and cross about it"), "{sentence}");
}

#[test]
fn death_is_told_as_the_kernel_saw_it() {
    assert_eq!(crash("abort").0, "crashed: its process was ended by signal 6 (SIGABRT)");
    assert_eq!(crash("overflow").0, "crashed: its process was ended by signal 6 (SIGABRT)");
}

#[test]
fn an_exit_with_success_is_no_success() {
    let (sentence, _) = crash("exit");
    assert_eq!(sentence, "crashed: its process exited with status 0 instead of giving an answer");
}

#[test]
fn an_answer_that_is_too_large_is_a_failure() {
    let Ended::Failed(failure) = build("babble").0 else { panic!() };
    assert_eq!(failure.sentence, "the handler's answer cannot be sent: it is larger than 256 KiB");
}

#[test]
fn a_sentence_is_neither_empty_nor_endless() {
    let ended = |handler| build(handler).0.masked(&Secrets::default());
    let why = |handler| match ended(handler) {
        Ended::Failed(failure) => failure.sentence,
        Ended::Crashed(how) => how,
        other => panic!("{other:?}"),
    };
    assert_eq!(why("mute"), "the handler failed without saying why");
    assert!(why("rant").starts_with("éé"));
    // A panic is a crash whatever it says.
    assert!(why("scream").contains("panicked at ") && matches!(ended("scream"), Ended::Crashed(_)));
    for endless in [why("rant"), why("scream")] {
        assert!(endless.len() <= 4_000 && endless.ends_with("é…"), "{} bytes", endless.len());
    }
}

#[test]
fn a_million_lines_pass_through_the_pipe_as_they_are() {
    let (ended, log) = build("lines");
    assert!(matches!(ended, Ended::Built(_)), "{ended:?}");
    let mut lines = log.lines();
    for number in 1..=1_000_000 {
        assert_eq!(lines.next().and_then(|line| line.parse().ok()), Some(number));
    }
    assert_eq!(lines.collect::<Vec<_>>(), ["the end"]);
}

#[test]
fn calls_at_the_same_time_do_not_meet() {
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..24)
            .map(|_| {
                scope.spawn(|| {
                    let bench = Bench::new(HostProgram::at(HOST));
                    let (ended, log) = bench.start("tell", None).wait(|_| ());
                    assert!(matches!(ended, Ended::Built(_)), "{ended:?}");
                    assert!(log.contains(&format!("printed by {}\n", bench.marker)), "{log}");
                })
            })
            .collect();
        calls.into_iter().for_each(|call| call.join().unwrap());
    });
}

#[test]
fn a_hook_asks_the_hub_through_its_host_and_remembers() {
    let bench = Bench::new(HostProgram::at(HOST));
    let job = HookJob { memory: json!(6), ..HookJob::default() };
    let mut asked = Vec::new();
    let (ended, log) = bench.start_job("ask", Job::Hook(job), None).serve(|ask| {
        asked.push(ask);
        if asked.len() == 1 { Ok(json!([{}, {}])) } else { Err(Failure::new("not you")) }
    });
    assert_eq!(ended, Ended::Hooked(Hooked { memory: json!(7), warnings: vec!["not you".into()] }));
    assert_eq!(log, "2 builds at run 7, Some(\"s3cret\")\n");
    let (resource, filters) = ("build".into(), vec![("limit".into(), "5".into())]);
    assert_eq!(asked[0], Ask::GetAll { resource, filters });
    let (resource, fields) = ("build".into(), json!({ "label": "mine" }));
    assert_eq!(asked[1], Ask::Create { resource, fields });

    // An answer that no frame can hold is told, and the hook goes on with that.
    let job = Job::Hook(HookJob::default());
    let (ended, _) = bench.start_job("ask", job, None).serve(|_| Ok(json!("x".repeat(300_000))));
    let Ended::Failed(failure) = ended else { panic!("{ended:?}") };
    assert!(failure.sentence.contains("ask for less, by limit and after"), "{failure}");

    // Who is no hook has no hub.
    let (ended, _) = bench.start_job("ask", Job::Hook(HookJob::default()), None).wait(|_| ());
    let Ended::Failed(failure) = ended else { panic!("{ended:?}") };
    assert_eq!(failure.sentence, "only a regulator hook can ask the hub");
}
