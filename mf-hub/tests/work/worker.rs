//! A worker that only talks: it builds nothing.

use mf_core::task::Lease;
use mf_core::wire::{Claim, Held, Outcome};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::farm::{Answer, Caller, answer};

pub struct Worker(pub Caller);

pub fn held(claim: &Claim) -> Held {
    Held { task: claim.task_id, attempt: claim.attempt }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Worker {
    /// Registers; gives what it must stop.
    pub async fn register(&self, cpus: i64, held: &[Held]) -> Value {
        let body = json!({
            "cpus": cpus, "archs": ["x86_64", "noarch"], "held": held,
            "handlers": [{"kind": "build_handler", "label": "generic", "digest": "00"}],
        });
        let answer = self.0.ok(Method::POST, "/system/register.json", body).await;
        answer.json["data"]["system"]["stop"].clone()
    }

    /// Asks for a task, and waits for it up to so many seconds.
    pub async fn claim(&self, nonce: &str, wait: u64) -> Option<Claim> {
        let body = json!({ "nonce": nonce, "wait": wait });
        let answer = self.0.ok(Method::POST, "/system/claim.json", body).await;
        serde_json::from_value(answer.json["data"]["claim"].clone()).unwrap()
    }

    /// Asks for a task that must be there.
    pub async fn take(&self, nonce: &str) -> Claim {
        self.claim(nonce, 0).await.expect("a task is ready for this worker")
    }

    /// Waits for a task that will be there.
    pub async fn wait(&self, nonce: &str) -> Claim {
        self.claim(nonce, 30).await.expect("a task comes to be ready for this worker")
    }

    /// Names what it holds; gives what it must stop.
    pub async fn heartbeat(&self, held: &[Held], wait: u64) -> Vec<Held> {
        let body = json!({ "held": held, "wait": wait });
        let mut answer = self.0.ok(Method::POST, "/system/heartbeat.json", body).await;
        serde_json::from_value(answer.json["data"]["heartbeat"]["stop"].take()).unwrap()
    }

    pub async fn advance(&self, claim: &Claim, stage: &str, revision: &str) -> Answer {
        let body = json!({ "stage": stage, "revision": revision });
        self.json(claim, "advance.json", body).await
    }

    pub async fn complete(&self, claim: &Claim, outcome: Outcome, message: &str) -> Answer {
        self.json(claim, "complete.json", json!({ "outcome": outcome, "message": message })).await
    }

    async fn json(&self, claim: &Claim, path: &str, body: Value) -> Answer {
        answer(self.request(claim, path).json(&body)).await
    }

    /// Appends to the build's log.
    pub async fn append(&self, claim: &Claim, offset: u64, bytes: &str) -> Answer {
        self.append_to(claim, "build.log", offset, bytes.as_bytes().to_vec()).await
    }

    pub async fn append_to(
        &self,
        claim: &Claim,
        name: &str,
        offset: u64,
        bytes: Vec<u8>,
    ) -> Answer {
        let query = [("name", name), ("offset", &offset.to_string())];
        answer(self.request(claim, "append.json").query(&query).body(bytes)).await
    }

    pub async fn upload(&self, claim: &Claim, kind: &str, name: &str, bytes: &[u8]) -> Answer {
        self.upload_as(claim, kind, name, &sha256(bytes), bytes).await
    }

    pub async fn upload_as(
        &self,
        claim: &Claim,
        kind: &str,
        name: &str,
        sha256: &str,
        bytes: &[u8],
    ) -> Answer {
        let query = [("kind", kind), ("name", name), ("sha256", sha256)];
        answer(self.request(claim, "upload.json").query(&query).body(bytes.to_vec())).await
    }

    /// A request with the claim's lease.
    pub fn request(&self, claim: &Claim, path: &str) -> reqwest::RequestBuilder {
        let lease =
            Lease { task: claim.task_id, attempt: claim.attempt, token: claim.token.clone() };
        let Caller { http, url, key } = &self.0;
        http.post(format!("{url}/task/{path}"))
            .bearer_auth(key)
            .header(Lease::HEADER, lease.to_string())
    }
}
