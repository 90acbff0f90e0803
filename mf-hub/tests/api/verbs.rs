//! The five verbs, on every resource and in both spellings.

use mf_core::resource::{ALL, Scope, Who};
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;

/// What makes another object of a resource in the small world.
fn another(resource: &str) -> Option<Value> {
    Some(match resource {
        "release" => json!({ "distro_label": "el" }),
        "target" => json!({ "release_label": "el6", "arch_label": "noarch" }),
        "package" | "tag" => json!({ "project_label": "p" }),
        "package-branch" => {
            json!({ "project_label": "p", "package_label": "k", "build_handler_label": "rpm" })
        }
        "build" => json!({ "project_label": "p", "package_branch_label": "b" }),
        "task" | "util" | "build_handler" | "vcs_handler" | "bug_handler" => return None,
        _ => json!({}),
    })
}

#[tokio::test]
async fn every_resource_answers_the_five_verbs_in_both_spellings() {
    let farm = Farm::start().await;
    farm.world().await;
    for resource in ALL {
        let Some(mut fields) = another(resource.name) else { continue };
        let (key, plural) = (resource.key(), resource.plural());
        let scope = if resource.scope == Scope::Project { "?project_label=p" } else { "" };
        let dashed = resource.key().replace('_', "-");
        for at in [key.clone(), dashed] {
            let label = format!("another-{at}");
            fields["label"] = json!(label);
            let made = farm.post(&at, fields.clone()).await.ok()[&key].clone();
            assert_eq!(made["label"], json!(label), "{at}");
            let one = farm.get(&format!("/{at}/{label}/get_one.json{scope}")).await.ok();
            let older = farm.get(&format!("/{at}/{label}/get_all.json{scope}")).await.ok();
            assert_eq!(one, older, "{at}: older clients");
            assert_eq!(one[&key]["id"], made["id"], "{at}");
            let all = farm.get(&format!("/{at}/get_all.json")).await.ok();
            let labels: Vec<&Value> =
                all[&plural].as_array().unwrap().iter().map(|o| &o["label"]).collect();
            assert!(labels.contains(&&json!(label)), "{at}: {labels:?}");
            let put = format!("/{at}/{label}/put.json{scope}");
            if resource.updaters() == Who::HUB {
                farm.put(&put, json!({ "notes": "x" })).await.refused(403, "Forbidden");
            } else {
                let renamed = json!({ "label": format!("{label}-2"), "id": made["id"] });
                let changed = farm.put(&put, renamed).await.ok();
                assert_eq!(changed[&key]["label"], json!(format!("{label}-2")), "{at}");
                farm.get(&format!("/{at}/{label}/get_one.json{scope}"))
                    .await
                    .refused(404, "NotFound");
            }
            let label = match resource.updaters() == Who::HUB {
                true => label,
                false => format!("{label}-2"),
            };
            let delete = format!("/{at}/{label}/delete.json{scope}");
            farm.delete(&delete).await.refused(400, "NotConfirmed");
            let sign = if scope.is_empty() { '?' } else { '&' };
            farm.delete(&format!("{delete}{sign}confirm_delete=True")).await.ok();
            farm.delete(&format!("{delete}{sign}confirm_delete=True"))
                .await
                .refused(404, "NotFound");
        }
    }
    farm.stop().await;
}

#[tokio::test]
async fn util_has_functions_only() {
    let farm = Farm::start().await;
    for path in ["/util/get_all.json", "/util/post.json", "/util/x/get_one.json"] {
        farm.get(path).await.refused(405, "MethodNotAllowed");
    }
    let version = farm.get("/util/version").await.ok();
    assert_eq!(version, farm.get("/util/version.json").await.ok());
    assert_eq!(version["version"], json!(mf_core::VERSION));
    farm.stop().await;
}

#[tokio::test]
async fn an_object_has_every_field_and_reads_as_its_struct() {
    let farm = Farm::start().await;
    farm.world().await;
    let made = farm.get("/package/k/get_one.json?project_label=p").await.ok();
    let package: mf_core::resource::Package =
        serde_json::from_value(made["package"].clone()).unwrap();
    assert_eq!(package.source_name, "k", "made from the label");
    assert_eq!(package.user_label, "admin", "made from the caller");
    assert_eq!((package.footprint, package.one_per_system), (1, false));
    assert_eq!(package.branches, ["b"]);
    assert!(mf_core::time::is_time(&package.create_date), "{}", package.create_date);
    let names: Vec<&str> =
        made["package"].as_object().unwrap().keys().map(String::as_str).collect();
    for field in mf_core::resource::find("package").unwrap().fields() {
        assert!(names.contains(&field.name), "{}", field.name);
    }
    farm.stop().await;
}

#[tokio::test]
async fn a_rename_carries_every_reference() {
    let farm = Farm::start().await;
    farm.world().await;
    farm.put("/release/el5/put.json", json!({ "label": "rhel5" })).await.ok();
    farm.put("/project/p/put.json", json!({ "label": "q" })).await.ok();
    farm.put("/package/k/put.json?project_label=q", json!({ "label": "kk" })).await.ok();
    let target = farm.get("/target/el5-i386/get_one.json").await.ok();
    assert_eq!(target["target"]["release_label"], json!("rhel5"));
    let branch = farm.get("/package_branch/b/get_one.json?project_label=q").await.ok();
    assert_eq!(branch["package_branch"]["package_label"], json!("kk"));
    assert_eq!(branch["package_branch"]["project_label"], json!("q"));
    farm.stop().await;
}

#[tokio::test]
async fn what_is_referred_to_stays() {
    let farm = Farm::start().await;
    farm.world().await;
    for (path, by) in [
        ("/distro/el/delete.json?confirm_delete=True", "2 releases (el5, el6)"),
        ("/arch/i386/delete.json?confirm_delete=True", "1 target (el5-i386)"),
        ("/group/crew/delete.json?confirm_delete=1", "1 project (p)"),
        ("/package/k/delete.json?project_label=p&confirm_delete=true", "1 package-branch (b)"),
        ("/build_handler/generic/delete.json?confirm_delete=True", "1 package-branch (b)"),
    ] {
        let reply = farm.delete(path).await;
        let sentence = reply.refused(409, "StillReferred");
        assert!(sentence.contains(by), "{path}: {sentence}");
    }
    // A list is a reference too.
    farm.put("/release/el6/put.json", json!({ "build_handlers": ["rpm"] })).await.ok();
    let reply = farm.delete("/build_handler/rpm/delete.json?confirm_delete=True").await;
    assert!(reply.refused(409, "StillReferred").contains("1 release (el6)"));
    farm.stop().await;
}

#[tokio::test]
async fn lists_of_references_are_replaced_and_seen_from_both_ends() {
    let farm = Farm::start().await;
    farm.user("ann").await;
    farm.user("bob").await;
    let group = json!({ "label": "g", "users": "ann,bob" });
    let made = farm.post("group", group).await.ok();
    assert_eq!(made["group"]["users"], json!(["ann", "bob"]));
    farm.put("/group/g/put.json", json!({ "users": ["bob"] })).await.ok();
    let of = async |user: &str| {
        farm.get(&format!("/user/{user}/get_one.json")).await.ok()["user"]["groups"].clone()
    };
    assert_eq!((of("ann").await, of("bob").await), (json!([]), json!(["g"])));
    let reply = farm.put("/group/g/put.json", json!({ "users": ["bob", "eve"] })).await;
    let sentence = reply.refused(400, "UnknownReference").to_owned();
    assert_eq!(sentence, "users: there is no user \"eve\"");
    assert_eq!(of("bob").await, json!(["g"]), "a refused change changes nothing");
    farm.stop().await;
}

#[tokio::test]
async fn a_path_says_which_methods_it_has() {
    let farm = Farm::start().await;
    for (path, allowed) in [
        ("/arch/get_all.json", "GET,HEAD"),
        ("/arch/post.json", "POST"),
        ("/arch/x86_64/put.json", "PUT"),
        ("/arch/x86_64/delete.json", "DELETE"),
        ("/build/x/cancel", "POST"),
    ] {
        let ask = |method| farm.request(method, path).send();
        let told = ask(Method::OPTIONS).await.unwrap();
        assert_eq!(
            (told.status().as_u16(), &told.headers()["allow"]),
            (204, &allowed.parse().unwrap())
        );
        assert!(told.bytes().await.unwrap().is_empty());
        let refused = farm.send(None, farm.request(Method::PATCH, path)).await;
        refused.refused(405, "MethodNotAllowed");
        assert_eq!(ask(Method::PATCH).await.unwrap().headers()["allow"], allowed);
    }
    farm.stop().await;
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let farm = Farm::start().await;
    let request = farm.request(Method::HEAD, "/arch/x86_64/get_one.json");
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.bytes().await.unwrap().is_empty());
    farm.stop().await;
}
