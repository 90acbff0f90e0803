//! Many writers at once: each answer is true, and nobody pays for another.

use mf_core::error::Code;
use mf_hub::store::{Fault, Tx};
use serde_json::json;

use crate::farm::Farm;

fn insert(tx: &Tx<'_>, label: &str) -> Result<(), Fault> {
    tx.execute("INSERT INTO arch (label, create_date, update_date) VALUES (?1, '', '')", [label])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_guilty_of_32_writers_are_refused() {
    let farm = Farm::start().await;
    let mut writers = Vec::new();
    for writer in 0..32 {
        let hub = farm.hub.clone();
        writers.push(tokio::spawn(async move {
            let mut answers = Vec::new();
            for n in 0..20 {
                let label = format!("w{writer}-{n}");
                let kept = label.clone();
                let work = move |tx: &Tx<'_>| {
                    insert(tx, &label)?;
                    match n % 5 {
                        1 => Err(Fault::told(Code::Refused, "it says so")),
                        2 if writer % 8 == 0 => panic!("it panics after writing"),
                        // SQLite rolls back everything that shares the transaction.
                        3 if writer % 4 == 0 => {
                            tx.execute_batch("ROLLBACK")?;
                            Err(Fault::told(Code::Refused, "it takes all down"))
                        }
                        _ => Ok(()),
                    }
                };
                answers.push((kept, hub.writer.run("test", work).await.is_ok()));
            }
            answers
        }));
    }
    for writer in writers {
        for (label, ok) in writer.await.unwrap() {
            let found = farm.get(&format!("/arch/{label}/get_one.json")).await;
            assert_eq!(found.status == 200, ok, "{label}");
        }
    }
    farm.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_answer_finds_the_write() {
    let farm = Farm::start().await;
    let mut posts = Vec::new();
    for n in 0..64 {
        let (client, url, key) = (farm.client.clone(), farm.url.clone(), farm.admin.clone());
        posts.push(tokio::spawn(async move {
            let label = json!({ "label": format!("d{n}") });
            let post = client.post(format!("{url}/distro/post.json")).bearer_auth(key).json(&label);
            assert_eq!(post.send().await.unwrap().status().as_u16(), 200);
            let get = client.get(format!("{url}/distro/d{n}/get_one.json"));
            assert_eq!(get.send().await.unwrap().status().as_u16(), 200);
        }));
    }
    for post in posts {
        post.await.unwrap();
    }
    farm.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_does_not_fit_and_nothing_else() {
    let farm = Farm::start().await;
    let limit = |tx: &Tx<'_>| {
        let pages: i64 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let sql = format!("PRAGMA max_page_count = {}", pages + 20);
        let most: i64 = tx.query_row(&sql, [], |row| row.get(0))?;
        assert_eq!(most, pages + 20);
        Ok(())
    };
    farm.hub.writer.run("test", limit).await.unwrap();
    let mut posts = Vec::new();
    for n in 0..40 {
        let about = if n % 4 == 0 { "x".repeat(60_000) } else { String::new() };
        let fields = json!({ "label": format!("g{n}"), "about": about });
        let (client, url, key) = (farm.client.clone(), farm.url.clone(), farm.admin.clone());
        posts.push(tokio::spawn(async move {
            let post = client.post(format!("{url}/group/post.json")).bearer_auth(key);
            (n, post.json(&fields).send().await.unwrap().status().as_u16())
        }));
    }
    let mut full = 0;
    for post in posts {
        let (n, status) = post.await.unwrap();
        let found = farm.get(&format!("/group/g{n}/get_one.json")).await.status;
        match status {
            200 => assert_eq!(found, 200, "g{n}: an answer that is not true"),
            507 => {
                full += 1;
                assert_eq!(found, 404, "g{n}: refused, and there all the same");
                assert_eq!(n % 4, 0, "g{n} would have fitted");
            }
            other => panic!("g{n}: {other}"),
        }
    }
    assert!(full > 0, "the disk was never full");
    let room = |tx: &Tx<'_>| {
        Ok(tx.query_row("PRAGMA max_page_count = 1000000", [], |row| row.get::<_, i64>(0))?)
    };
    farm.hub.writer.run("test", room).await.unwrap();
    let again = json!({ "label": "again", "about": "x".repeat(60_000) });
    farm.post("group", again).await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn what_was_rolled_back_is_never_called_done() {
    let farm = Farm::start().await;
    let work = |tx: &Tx<'_>| {
        insert(tx, "lost")?;
        // As a job would be that overlooks an error on which SQLite rolls back.
        tx.execute_batch("ROLLBACK")?;
        Ok(())
    };
    let error = farm.hub.writer.run("test", work).await.unwrap_err();
    assert_eq!(error.code, Code::Internal);
    farm.get("/arch/lost/get_one.json").await.refused(404, "NotFound");
    farm.post("arch", json!({ "label": "next" })).await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn a_writer_that_has_too_much_to_do_says_so_and_recovers() {
    let farm = Farm::start().await;
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let hub = farm.hub.clone();
    let (began, begun) = tokio::sync::oneshot::channel::<()>();
    let began = std::sync::Mutex::new(Some(began));
    let first = tokio::spawn(async move {
        let work = move |_: &Tx<'_>| {
            if let Some(began) = began.lock().unwrap().take() {
                began.send(()).unwrap();
            }
            // Until the test lets go.
            let _ = held.lock().unwrap().recv();
            Ok(())
        };
        hub.writer.run("test", work).await
    });
    begun.await.unwrap();
    let mut waiting = Vec::new();
    let busy = loop {
        let hub = farm.hub.clone();
        let mut run = Box::pin(async move { hub.writer.run("test", |_: &Tx<'_>| Ok(())).await });
        tokio::select! {
            biased;
            answer = &mut run => break answer,
            () = std::future::ready(()) => waiting.push(run),
        }
    };
    assert_eq!(busy.unwrap_err().code, Code::Busy);
    assert_eq!(waiting.len(), 1024);
    drop(hold);
    first.await.unwrap().unwrap();
    for run in waiting {
        run.await.unwrap();
    }
    farm.stop().await;
}
