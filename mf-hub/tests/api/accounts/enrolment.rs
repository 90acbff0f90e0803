//! Systems enrol with a one-time token. See attacks.md: any agent with the
//! shared secret registers as any worker; forged system name.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call;
use crate::farm::{Farm, Reply};

/// A key as a host makes one, and what it tells of it.
fn host_key(n: u8) -> (String, Value) {
    let key = format!("mf_{}_{}", format!("{n:02x}").repeat(8), format!("{n:02x}").repeat(32));
    let hash: String = Sha256::digest(key.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let said = json!({ "key_id": format!("{n:02x}").repeat(8), "key_sha256": hash });
    (key, said)
}

async fn token(farm: &Farm, system: &str) -> String {
    let path = format!("/system/{system}/create_token");
    let made = call(farm, &farm.admin, &path, json!({})).await.ok();
    made["token"].as_str().unwrap().to_owned()
}

async fn enrol(farm: &Farm, token: &str, said: &Value) -> Reply {
    let mut said = said.clone();
    said["token"] = json!(token);
    farm.send(None, farm.request(Method::POST, "/system/enrol.json").json(&said)).await
}

async fn whoami(farm: &Farm, key: &str) -> Reply {
    farm.get_as(key, "/util/whoami").await
}

#[tokio::test]
async fn a_token_makes_one_host_one_system() {
    let farm = Farm::start().await;
    farm.post("system", json!({ "label": "b2" })).await.ok();
    let token = token(&farm, "b2").await;
    let (key, said) = host_key(1);
    whoami(&farm, &key).await.refused(401, "Unauthorized");
    assert_eq!(enrol(&farm, &token, &said).await.ok()["system"]["label"], json!("b2"));
    let who = whoami(&farm, &key).await.ok()["whoami"].take();
    assert_eq!((&who["kind"], &who["label"]), (&json!("system"), &json!("b2")));
    // The answer may have been lost: the same host asks again.
    enrol(&farm, &token, &said).await.ok();
    // Another host with the same token is refused, and the first stays.
    let (other, others) = host_key(2);
    enrol(&farm, &token, &others).await.refused(401, "Unauthorized");
    whoami(&farm, &other).await.refused(401, "Unauthorized");
    whoami(&farm, &key).await.ok();
    let signature =
        farm.get("/system/b2/get_one.json").await.ok()["system"]["host_signature"].take();
    assert_eq!(signature, json!(format!("SHA256:{}", said["key_sha256"].as_str().unwrap())));
    farm.stop().await;
}

#[tokio::test]
async fn a_new_token_takes_the_place_of_the_old_and_its_key_of_the_old_key() {
    let farm = Farm::start().await;
    farm.post("system", json!({ "label": "b2" })).await.ok();
    let first = token(&farm, "b2").await;
    let second = token(&farm, "b2").await;
    let ((one, said_one), (two, said_two)) = (host_key(1), host_key(2));
    enrol(&farm, &first, &said_one).await.refused(401, "Unauthorized");
    enrol(&farm, &second, &said_one).await.ok();
    let third = token(&farm, "b2").await;
    whoami(&farm, &one).await.ok();
    enrol(&farm, &third, &said_two).await.ok();
    whoami(&farm, &one).await.refused(401, "Unauthorized");
    whoami(&farm, &two).await.ok();
    // A spent token does not bring the old host back.
    enrol(&farm, &second, &said_one).await.refused(401, "Unauthorized");
    farm.stop().await;
}

#[tokio::test]
async fn a_token_that_is_over_wrong_or_anothers_is_refused() {
    let farm = Farm::start().await;
    for label in ["b2", "b3"] {
        farm.post("system", json!({ "label": label })).await.ok();
    }
    let (key, said) = host_key(1);
    let token_of_b2 = token(&farm, "b2").await;
    for wrong in ["", "mfe_", "mfe_0_0", &token_of_b2[..token_of_b2.len() - 1], &farm.admin] {
        enrol(&farm, wrong, &said).await.refused(401, "Unauthorized");
    }
    let late = |tx: &mf_hub::store::Tx<'_>| {
        tx.execute("UPDATE enrol_token SET expire_date = '2001-01-01 00:00:00'", [])?;
        Ok(())
    };
    farm.hub.writer.run("test", late).await.unwrap();
    enrol(&farm, &token_of_b2, &said).await.refused(401, "Unauthorized");
    // Not another's key, nor one that is none.
    let good = token(&farm, "b3").await;
    let admin_id = &farm.admin[3..19];
    let stolen = json!({ "key_id": admin_id, "key_sha256": said["key_sha256"] });
    enrol(&farm, &good, &stolen).await.refused(409, "LabelTaken");
    for broken in [json!({}), json!({ "key_id": "xyz", "key_sha256": "ff" })] {
        enrol(&farm, &good, &broken).await.refused(400, "InvalidValue");
    }
    // A name in the body is nobody's name.
    let mut forged = said.clone();
    forged["label"] = json!("b2");
    let label = enrol(&farm, &good, &forged).await.ok()["system"]["label"].take();
    assert_eq!(label, json!("b3"));
    assert_eq!(whoami(&farm, &key).await.ok()["whoami"]["label"], json!("b3"));
    farm.stop().await;
}

#[tokio::test]
async fn tokens_are_made_by_admins_shown_once_and_not_guessed() {
    let farm = Farm::start().await;
    farm.post("system", json!({ "label": "b2" })).await.ok();
    let ann = farm.user("ann").await;
    let path = "/system/b2/create_token";
    call(&farm, &ann, path, json!({})).await.refused(403, "Forbidden");
    call(&farm, &farm.admin, path, json!({ "expires": "yesterday" }))
        .await
        .refused(400, "InvalidValue");
    let token = token(&farm, "b2").await;
    let secret = token.rsplit('_').next().unwrap();
    for path in ["/system/b2/get_one.json", "/system/b2/history"] {
        let told = farm.get_as(&farm.admin, path).await.ok().to_string();
        assert!(!told.contains(secret), "{path}: {told}");
    }
    let (_, said) = host_key(1);
    let mut answers = Vec::new();
    while answers.last() != Some(&429) {
        answers.push(enrol(&farm, "mfe_0000_1111", &said).await.status);
        assert!(answers.len() < 100, "{answers:?}");
    }
    // The right one is not slowed by those who guess.
    enrol(&farm, &token, &said).await.ok();
    farm.stop().await;
}
