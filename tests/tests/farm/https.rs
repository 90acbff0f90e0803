//! Https: a certificate of the farm's own, who believes it, and who does not.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mf_client::{Error, Hub, Key, Trust};
use mf_core::lifeline::Lifeline;
use mf_core::wire::{Ready, Start};
use monkeyfarm_tests::awaited::until;
use monkeyfarm_tests::{Farm, Options, Ran, programs, python, world};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A program with the Python interface: who it is.
const WHOAMI: &str = "from monkeyfarm.interface import connect\n\
    print(connect().util.whoami()['data']['whoami']['label'])";

/// An authority, and the directory that its files are in.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    dir: PathBuf,
    file: PathBuf,
}

impl Authority {
    fn new(dir: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let file = dir.join(format!("{name}.pem"));
        fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), dir: dir.to_owned(), file }
    }

    /// Writes a certificate for a host, of these years or for ever, and its
    /// key, as `hub.pem` and `hub.key`.
    fn certify(&self, host: &str, years: Option<(i32, i32)>) {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        if let Some((first, last)) = years {
            params.not_before = date_time_ymd(first, 1, 1);
            params.not_after = date_time_ymd(last, 1, 1);
        }
        self.write(params);
    }

    /// The same of one that is good for some days more.
    fn certify_for(&self, host: &str, days: u64) {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let now = u64::try_from(mf_core::time::unix_now()).unwrap();
        let end = Duration::from_secs(now) + Duration::from_hours(24 * days + 1);
        params.not_after = date_time_ymd(1970, 1, 1) + end;
        self.write(params);
    }

    fn write(&self, params: CertificateParams) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.dir.join("hub.pem"), certificate.pem()).unwrap();
        fs::write(self.dir.join("hub.key"), key.serialize_pem()).unwrap();
    }

    fn trust(&self) -> Trust {
        Trust { ca_file: Some(self.file.clone()), plain_http: false }
    }
}

/// A hub of its own, which listens where it was told to by a parent.
struct OneHub {
    child: Child,
    address: SocketAddr,
    /// The hub stops when this ends.
    _lifeline: Lifeline,
}

impl OneHub {
    /// Starts it, and waits until it is ready.
    fn start(dir: &Path, https: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (lifeline, theirs) = Lifeline::pair().unwrap();
        let mut command = Command::new(programs::program("mf-hub"));
        command.args(["--config", "/dev/null", "--data-dir"]).arg(dir.join("data"));
        command.stdin(theirs).stderr(Stdio::null());
        if https {
            command.arg("--certificate").arg(dir.join("hub.pem"));
            command.arg("--certificate-key").arg(dir.join("hub.key"));
        }
        let child = command.spawn().unwrap();
        lifeline.send_with(&Start { listener: true }, &[listener.as_fd()]).unwrap();
        lifeline.recv::<Ready>().unwrap().expect("the hub ended");
        Self { child, address, _lifeline: lifeline }
    }

    /// What a new client is told that trusts so, over a new connection.
    async fn asked(&self, scheme: &str, trust: &Trust) -> Result<String, Error> {
        let url = format!("{scheme}://{}", self.address);
        Hub::trusting(&url, None, trust).unwrap().version().await
    }

    async fn refusal(&self, scheme: &str, trust: &Trust) -> String {
        self.asked(scheme, trust).await.unwrap_err().to_string()
    }
}

impl Drop for OneHub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn whoever_is_not_believed_is_told_why() {
    let dir = tempfile::tempdir().unwrap();
    let own = Authority::new(dir.path(), "own");
    let other = Authority::new(dir.path(), "other");
    own.certify("127.0.0.1", None);
    let hub = OneHub::start(dir.path(), true);
    assert_eq!(hub.asked("https", &own.trust()).await.unwrap(), mf_core::VERSION);
    let told = hub.refusal("https", &other.trust()).await;
    assert!(told.contains("no authority that is trusted here"), "{told}");
    let told = hub.refusal("http", &own.trust()).await;
    assert!(told.contains("this is https"), "{told}");
    // What is wrong with a new certificate, once the hub has taken it over.
    for (host, years, expected) in [
        ("127.0.0.1", Some((2020, 2021)), "its certificate expired"),
        ("127.0.0.1", Some((2090, 2091)), "hours by this host's clock, which is probably wrong"),
        ("farm.example.org", None, "its certificate is another host's"),
    ] {
        own.certify(host, years);
        let began = Instant::now();
        loop {
            let told = hub.asked("https", &own.trust()).await;
            if told.as_ref().is_err_and(|error| error.to_string().contains(expected)) {
                break;
            }
            assert!(began.elapsed() < LIMIT, "not {expected}: {told:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    drop(hub);
    let plain = OneHub::start(dir.path(), false);
    let told = plain.refusal("https", &own.trust()).await;
    assert!(told.contains("does not speak TLS"), "{told}");
}

#[tokio::test]
async fn a_bad_certificate_never_replaces_a_good_one() {
    let dir = tempfile::tempdir().unwrap();
    let own = Authority::new(dir.path(), "own");
    own.certify("127.0.0.1", None);
    let hub = OneHub::start(dir.path(), true);
    hub.asked("https", &own.trust()).await.unwrap();
    let certificate = fs::read(dir.path().join("hub.pem")).unwrap();
    let mut file = fs::File::create(dir.path().join("hub.pem")).unwrap();
    file.write_all(&certificate[..100]).unwrap();
    drop(file);
    // Long enough for the hub to look again and again.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_500) {
        hub.asked("https", &own.trust()).await.unwrap();
    }
    let second = Authority::new(dir.path(), "second");
    second.certify("127.0.0.1", None);
    let began = Instant::now();
    while let Err(error) = hub.asked("https", &second.trust()).await {
        assert!(began.elapsed() < LIMIT, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn what_would_show_a_key_to_the_network_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    Authority::new(dir.path(), "own").certify("127.0.0.1", None);
    let hub = |more: &[&str]| {
        let mut command = Command::new(programs::program("mf-hub"));
        command.args(["--config", "/dev/null", "--data-dir"]).arg(dir.path().join("data"));
        Ran::of(command.args(more).current_dir(dir.path()))
    };
    let ran = hub(&["--listen", "0.0.0.0:0"]);
    assert_eq!(ran.code, 78, "{ran:?}");
    assert!(ran.err.contains("plain_http = true") && ran.err.contains("0.0.0.0:0"), "{ran:?}");
    for (certificate, key, told) in [
        ("nothing.pem", "hub.key", "nothing.pem: "),
        ("hub.key", "hub.key", "there is no certificate in it"),
        ("own.pem", "hub.key", "is another certificate's"),
        ("hub.pem", "own.pem", "own.pem: "),
    ] {
        let ran = hub(&["--certificate", certificate, "--certificate-key", key]);
        assert_eq!(ran.code, 78, "{ran:?}");
        assert!(ran.err.contains(told), "{ran:?}");
    }
    let key: Key = "mf_1_s".parse().unwrap();
    let told = Hub::new("http://192.0.2.1:8765", Some(key)).unwrap_err().to_string();
    assert!(told.contains("plain http"), "{told}");
}

#[test]
fn a_whole_farm_builds_over_https_with_an_authority_of_its_own() {
    let authority = tempfile::tempdir().unwrap();
    let own = Authority::new(authority.path(), "own");
    own.certify("127.0.0.1", None);
    let ca_file = own.file.display().to_string();
    let more = vec!["--ca-file".into(), ca_file.clone()];
    let mut farm = Farm::prepared(Options { more, ..Options::default() });
    let toml = format!(
        "certificate = '{0}/hub.pem'\ncertificate_key = '{0}/hub.key'\n",
        authority.path().display()
    );
    fs::create_dir_all(farm.data_dir()).unwrap();
    fs::write(farm.data_dir().join("hub.toml"), toml).unwrap();
    farm.up();
    assert!(farm.setting("url").starts_with("https://127.0.0.1:"));
    assert_eq!(farm.setting("ca_file"), ca_file);
    world::make(&farm);
    let config = world::recipe(&["true"]);
    farm.ok(["target", "update", "one-x86_64", "--config", &config]);
    let branch = world::package(&farm, "tool", "", &["--release", "one"]);
    farm.ok(["build", "create", "-l", "b1", "--package-branch", &branch, "--watch"]);
    let other = Authority::new(authority.path(), "other");
    let ran = farm.mf(["status", "--ca-file", &other.file.display().to_string()]);
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(ran.err.contains("no authority that is trusted here"), "{ran:?}");
    let mut python = python::python();
    python.args(["-c", WHOAMI]).env("MF_CONFIG", farm.config());
    let ran = Ran::of(&mut python);
    assert_eq!((ran.code, ran.out.trim()), (0, "admin"), "{ran:?}");
    let ran = Ran::of(python.env("MF_CA_FILE", &other.file));
    assert!(ran.err.contains("MFConnectionError: the hub at https://"), "{ran:?}");
    assert!(ran.err.contains("certificate"), "{ran:?}");
    doctor_tells_how_long_a_certificate_is_good(&farm, &own);
    assert_eq!(farm.stop().code(), Some(0));
}

fn doctor_tells_how_long_a_certificate_is_good(farm: &Farm, own: &Authority) {
    let tells = |told: &str| farm.mf(["doctor"]).out.contains(told);
    assert!(tells("the hub's is good for 14 days and more"));
    own.certify_for("127.0.0.1", 5);
    until("a certificate that expires soon", || tells("expires in 5 days"));
    own.certify("127.0.0.1", Some((2020, 2021)));
    until("one that has expired", || tells("renew it on the hub"));
    assert_eq!(farm.mf(["doctor"]).code, 8);
    own.certify("127.0.0.1", None);
    until("a good one again", || tells("the hub's is good for"));
}
