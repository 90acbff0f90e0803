//! Who may do what: every route of the table, asked by everybody.
//!
//! What is expected comes from the table, so that no route can be without a
//! check; and the rows that matter most are said once more by hand, so that
//! the table itself is checked. See attacks.md: a route without a permission
//! check; another project's object by label.

use std::path::Path;

use mf_core::resource::{self, ALL, On, Resource, Scope, Who};
use mf_hub::store::key::{self, Holder, NewKey};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::farm::Farm;

/// Somebody who asks, and what he is to the objects of the world.
struct Asker {
    name: &'static str,
    key: Option<String>,
    /// What he is wherever he asks.
    always: Who,
    /// Whether he may know of what is restricted.
    knows: bool,
}

impl Asker {
    /// His roles on objects of a resource in the world, whose owner is `owner`,
    /// alone or in the group `team`, and whose project's admins are `crew`.
    fn roles(&self, resource: &Resource) -> Who {
        let scoped = resource.scope == Scope::Project || resource.name == "project";
        let owned = match resource.name {
            "package" | "package-branch" | "build" | "task" => {
                ["owner", "member"].contains(&self.name)
            }
            "user" => self.name == "owner",
            "group" => self.name == "member",
            _ => false,
        };
        let roles = if owned { self.always.or(Who::OWNER) } else { self.always };
        if scoped && self.name == "project admin" { roles.or(Who::PROJECT) } else { roles }
    }
}

const EVERYBODY: Who = mf_hub::store::roles::EVERYBODY;

async fn askers(farm: &Farm) -> Vec<Asker> {
    let user = EVERYBODY.or(Who::SIGNED_IN);
    let file = |name: &str| {
        let text = std::fs::read_to_string(farm.dir.path().join("keys").join(name)).unwrap();
        Some(text.trim().to_owned())
    };
    let asker = |name, key, always, knows| Asker { name, key, always, knows };
    vec![
        asker("nobody", None, EVERYBODY, false),
        asker("user", Some(farm.user("user").await), user, false),
        asker("owner", Some(key_of(farm, "owner").await), user, true),
        asker("member", Some(key_of(farm, "member").await), user, true),
        asker("project admin", Some(key_of(farm, "padmin").await), user, true),
        asker("site admin", Some(farm.admin.clone()), user.or(Who::ADMIN), true),
        asker("system", file("worker"), EVERYBODY.or(Who::SYSTEM), false),
        asker("regulator", file("regulator"), EVERYBODY.or(Who::REGULATOR), true),
    ]
}

async fn key_of(farm: &Farm, label: &str) -> String {
    let path = format!("/user/{label}/get_one.json");
    let id = farm.get_as(&farm.admin, &path).await.ok()["user"]["id"].as_i64().unwrap();
    let key = NewKey::random();
    let text = key.text().to_owned();
    let work = move |tx: &mf_hub::store::Tx<'_>| key::store(tx, &key, Holder::User(id));
    farm.hub.writer.run("test", work).await.unwrap();
    text
}

/// The small world, with those in it who own and administer things.
async fn world() -> Farm {
    let farm = Farm::start().await;
    for label in ["owner", "member", "padmin"] {
        farm.post("user", json!({ "label": label })).await.ok();
    }
    farm.world().await;
    farm.post("group", json!({ "label": "team", "users": "member" })).await.ok();
    farm.put("/group/crew/put.json", json!({ "users": "padmin" })).await.ok();
    let owned = json!({ "user_label": "owner", "group_label": "team" });
    farm.put("/package/k/put.json?project_label=p", owned).await.ok();
    farm
}

/// An object to ask for, made anew: what one asker did to the last one is not
/// in the way of the next. Handlers, projects and the small world's users are
/// asked for as they are; nothing that is asked here changes them for good.
async fn object(farm: &Farm, resource: &Resource, number: usize) -> String {
    let label = format!("x{number}");
    if resource.name.ends_with("_handler") {
        farm.handlers().await;
    }
    let mut fields = match resource.name {
        "user" => return "owner".into(),
        "group" => json!({ "users": "member" }),
        "project" => return "p".into(),
        "build_handler" => return "generic".into(),
        "vcs_handler" => return "git".into(),
        "bug_handler" => return "bugzilla".into(),
        "release" => json!({ "distro_label": "el" }),
        "target" => json!({ "release_label": "el6", "arch_label": "noarch" }),
        "package" => json!({ "user_label": "owner", "group_label": "team" }),
        "package-branch" => json!({ "package_label": "k", "build_handler_label": "rpm" }),
        "build" | "task" => json!({ "package_branch_label": "b" }),
        _ => json!({}),
    };
    fields["label"] = json!(label);
    if resource.scope == Scope::Project {
        fields["project_label"] = json!("p");
    }
    if resource.name == "task" {
        farm.post("build", fields).await.ok();
        return format!("{label}.el6-x86_64");
    }
    farm.post(resource.name, fields).await.ok();
    label
}

/// One request of the matrix.
struct Ask {
    method: Method,
    path: String,
    who: Who,
    on_object: bool,
}

/// Every verb and function of a resource, on this object.
fn asks(resource: &'static Resource, label: &str) -> Vec<Ask> {
    let (at, scope) = match resource.scope {
        Scope::Project => (resource.name, "?project_label=p"),
        _ => (resource.name, ""),
    };
    let ask = |method: Method, path: String, who, on_object| Ask { method, path, who, on_object };
    let mut all = Vec::new();
    if resource.scope != Scope::NoRows {
        let one = |verb: &str| format!("/{at}/{label}/{verb}.json{scope}");
        let and = if scope.is_empty() { "?" } else { "&" };
        let delete = format!("{}{and}confirm_delete=True", one("delete"));
        all.push(ask(Method::GET, one("get_one"), resource.readers(), true));
        all.push(ask(Method::GET, format!("/{at}/get_all.json"), resource.readers(), false));
        all.push(ask(Method::POST, format!("/{at}/post.json{scope}"), resource.creators(), false));
        all.push(ask(Method::PUT, one("put"), resource.updaters(), true));
        all.push(ask(Method::DELETE, delete, resource.deleters(), true));
    }
    for function in resource.functions {
        let method = if function.writes { Method::POST } else { Method::GET };
        let name = function.name;
        let path = match function.on {
            On::All => format!("/{at}/{name}"),
            On::One => format!("/{at}/{label}/{name}{scope}"),
            On::Part => format!("/{at}/{label}/{name}/part{scope}"),
        };
        all.push(ask(method, path, function.who, function.on != On::All));
    }
    all
}

/// What came of it: the status, and of a refusal the code and the sentence.
async fn answer(farm: &Farm, asker: &Asker, ask: &Ask) -> (u16, String, String) {
    let mut request = farm.request(ask.method.clone(), &ask.path);
    if let Some(key) = &asker.key {
        request = request.bearer_auth(key);
    }
    if ask.method == Method::POST || ask.method == Method::PUT {
        request = request.json(&json!({}));
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    if status == StatusCode::OK {
        return (200, String::new(), String::new()); // It may be a stream without end.
    }
    let body: Value = response.json().await.unwrap();
    let (code, sentence) = body["errors"].as_object().unwrap().iter().next().unwrap();
    (status.as_u16(), code.clone(), sentence.as_str().unwrap().to_owned())
}

/// What a refusal must be; `None` where the caller may.
fn refusal(asker: &Asker, resource: &Resource, ask: &Ask, restricted: bool) -> Option<u16> {
    let hidden = restricted
        && !asker.knows
        && (resource.scope == Scope::Project || resource.name == "project");
    let writes_at_the_door = !ask.path.contains("/get_")
        && ["post", "put", "delete"].iter().any(|verb| ask.path.contains(&format!("/{verb}.json")));
    if ask.who == Who::HUB || (writes_at_the_door && asker.key.is_none()) {
        // Who can never be allowed is told so before anything is looked for.
        let may = ask.who.meets(asker.roles(resource)) && ask.who != Who::HUB;
        return (!may).then_some(if asker.key.is_none() { 401 } else { 403 });
    }
    if hidden && ask.on_object {
        return Some(404);
    }
    if hidden && resource.scope == Scope::Project && ask.path.contains("/post.json") {
        return Some(400); // Its project is an unknown reference.
    }
    if ask.who.meets(asker.roles(resource)) {
        return None;
    }
    Some(if asker.key.is_none() { 401 } else { 403 })
}

/// Whether an answer is of somebody who may: what is missing then is a part, a
/// parameter, the body, or a right token, and not the object.
fn was_let_in(ask: &Ask, label: &str, (status, sentence): (u16, &str)) -> bool {
    match status {
        401 => ask.path.ends_with("/enrol") && sentence.contains("token"),
        403 | 500.. => false,
        404 => {
            label.is_empty() || !sentence.starts_with("there is no ") || !sentence.contains(label)
        }
        _ => true,
    }
}

async fn matrix(restricted: bool) {
    let farm = world().await;
    let askers = askers(&farm).await;
    if restricted {
        farm.put("/project/p/put.json", json!({ "restricted": true })).await.ok();
    }
    let mut wrong = Vec::new();
    let mut number = 0;
    for resource in ALL {
        let routes = asks(resource, "").len();
        for route in 0..routes {
            for asker in &askers {
                number += 1;
                let label = match resource.scope {
                    Scope::NoRows => String::new(),
                    _ => object(&farm, resource, number).await,
                };
                let ask = asks(resource, &label).swap_remove(route);
                let (status, code, sentence) = answer(&farm, asker, &ask).await;
                let expected = refusal(asker, resource, &ask, restricted);
                let fine = match expected {
                    Some(expected) => status == expected,
                    None => was_let_in(&ask, &label, (status, &sentence)),
                };
                if !fine {
                    wrong.push(format!(
                        "{} {} by {}: {status} {code} {sentence:?}, expected {expected:?}",
                        ask.method, ask.path, asker.name
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {number}:\n{}", wrong.len(), wrong.join("\n"));
    farm.stop().await;
}

/// attacks.md: a route without a permission check.
#[tokio::test]
async fn every_route_lets_in_whom_the_table_names_and_nobody_else() {
    matrix(false).await;
}

/// attacks.md: another project's object by id or label.
#[tokio::test]
async fn a_restricted_project_is_missing_for_who_may_not_know_of_it() {
    matrix(true).await;
}

/// The rows that matter most, said by hand from the domain's own words.
#[test]
fn the_table_says_what_the_domain_says() {
    let rights = |name: &str| resource::find(name).unwrap().rights;
    let function = |of: &str, name: &str| {
        resource::find(of).unwrap().function(name).unwrap_or_else(|| panic!("{of}/{name}")).who
    };
    let admins = Who::PROJECT.or(Who::ADMIN);
    for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
        assert_eq!(resource.readers(), Who::ANYONE, "{}: reading is open", resource.name);
        for right in &resource.rights[1..] {
            let open = Who::SYSTEM.or(Who::REGULATOR);
            assert!(!right.meets(EVERYBODY.or(open)), "{}: writing never is", resource.name);
        }
    }
    for name in ["arch", "distro", "release", "target", "build_type", "group", "system"] {
        assert_eq!(rights(name)[1..], [Who::ADMIN; 3], "{name} is the site's");
    }
    assert_eq!(rights("user")[1..3], [Who::ADMIN.or(Who::NEWCOMER), Who::OWNER.or(Who::ADMIN)]);
    assert_eq!(rights("user")[3], Who::ADMIN);
    assert_eq!(rights("project")[1..], [Who::ADMIN, admins, Who::ADMIN]);
    assert_eq!(rights("package")[1], admins, "project admins create");
    assert_eq!(rights("package-branch")[1], admins);
    assert_eq!(rights("build")[2], Who::HUB, "users do not update a build, the system does");
    assert_eq!(rights("task")[1..], [Who::HUB; 3], "all read-only");
    for name in ["claim", "heartbeat", "register"] {
        assert_eq!(function("system", name), Who::SYSTEM, "{name}");
    }
    for name in ["advance", "append", "upload", "complete"] {
        assert_eq!(function("task", name), Who::SYSTEM, "{name}");
    }
    for name in ["create_key", "list_keys", "revoke_key"] {
        assert_eq!(function("user", name), Who::OWNER.or(Who::ADMIN), "{name}");
        assert_eq!(function("system", name), Who::ADMIN, "{name}");
    }
    assert_eq!(function("user", "change_password"), Who::OWNER);
    assert_eq!(function("system", "create_token"), Who::ADMIN);
    assert_eq!(function("group", "approve"), Who::OWNER.or(Who::ADMIN));
    for name in ["lock", "unlock"] {
        assert!(!function("tag", name).meets(EVERYBODY.or(Who::SIGNED_IN)), "{name}");
    }
    for name in
        ["register_handlers", "enable_handlers", "claim_errand", "renew_errand", "end_errand"]
    {
        assert_eq!(function("util", name), Who::REGULATOR, "{name}");
    }
    assert_eq!(function("util", "retry_errand"), Who::ADMIN);
    let user = resource::find("user").unwrap();
    assert!(!user.field("email").unwrap().read.meets(EVERYBODY), "an email is for those signed in");
    assert!(!user.field("password").unwrap().write.meets(Who::OWNER.or(Who::SIGNED_IN)));
}

/// The documentation is made from the table. `INSTA_UPDATE=always` writes it.
#[test]
fn the_document_is_the_table_of_permissions() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    let made = resource::permissions::text();
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        std::fs::write(&file, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let changed = kept.lines().zip(made.lines()).find(|(old, new)| old != new);
    assert!(
        kept == made,
        "docs/permissions.md is not the table, first at {changed:?}; run `make snapshots`"
    );
}
