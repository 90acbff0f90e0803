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
