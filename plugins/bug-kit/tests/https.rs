//! A tracker that is reached by https, by authorities that the host's
//! administrator names.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use monkeyfarm_bug_kit::suite::{Response, Server};
use monkeyfarm_bug_kit::{Ask, Site, Tracker};
use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_plugin_api::{Failure, FailureKind, LocalConfig};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

/// An authority of one's own: its certificate in a file, and a server's
/// identity by it.
fn authority(dir: &Path, name: &str) -> (PathBuf, Arc<ServerConfig>) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let ca_file = dir.join(name);
    fs::write(&ca_file, params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    (ca_file, Arc::new(config.unwrap()))
}

fn ask(table: Value) -> Result<Value, Failure> {
    let tracker = Tracker::new(Site::read(&LocalConfig::new("b.toml", table), "")?)?;
    let ask = Ask { method: "GET", path: "/rest/version", ..Ask::default() };
    tracker.ask(&ask, &Recorder::new().context()).map(|reply| reply.json)
}

#[test]
fn only_authorities_that_are_named_are_believed() {
    let dir = tempfile::tempdir().unwrap();
    let (ca_file, identity) = authority(dir.path(), "ours.pem");
    let (other, _) = authority(dir.path(), "others.pem");
    let server = Server::start_tls(identity, |_| Response::json(200, &json!({ "version": "5" })));
    let url = server.url();
    assert!(url.starts_with("https://"), "{url}");
    let version = ask(json!({ "url": url, "ca_file": ca_file })).unwrap();
    assert_eq!(version, json!({ "version": "5" }));
    let asked = server.seen().len();
    for table in [json!({ "url": url }), json!({ "url": url, "ca_file": other })] {
        let failure = ask(table).unwrap_err();
        assert!(failure.sentence.contains(&url), "{failure}");
        assert_eq!((failure.kind, failure.wait.all), (FailureKind::Later, true), "{failure}");
    }
    assert_eq!(server.seen().len(), asked, "nothing is said to a stranger");
    fs::write(&other, "none").unwrap();
    let failure = ask(json!({ "url": url, "ca_file": other })).unwrap_err();
    assert!(failure.sentence.ends_with("there is no certificate in it"), "{failure}");
}
