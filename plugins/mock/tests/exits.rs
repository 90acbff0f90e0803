//! Every way in which mock 6.7 was seen to end, replayed by the stand-in: what
//! it said, and the sentence that people read.
#![allow(clippy::unwrap_used)]

mod task;

use task::{Task, isolated};

/// One end: in which phase, its exit, what mock said last, what rpmbuild said,
/// and our sentence.
struct Row(&'static str, i32, &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    Row(
        "rebuild",
        1,
        "Command failed: \n # bash --login -c '/usr/bin/rpmbuild -bb  --target x86_64 --nodeps \
         /builddir/build/SPECS/badbuild.spec'\n\n",
        "+ umask 022\nabout to fail\n+ exit 3\nRPM build errors:\nerror: Bad exit status from \
         /var/tmp/rpm-tmp.Jj36yy (%build)\n    Bad exit status from /var/tmp/rpm-tmp.Jj36yy \
         (%build)\nChild return code was: 1\n",
        "rpmbuild: %build failed; its last words: about to fail; see build.log",
    ),
    Row(
        "rebuild",
        1,
        "Command failed: \n",
        "Processing files: a-1-1.noarch\nerror: File not found: \
         /builddir/build/BUILDROOT/a-1-1.x86_64/no/such\nRPM build errors:\n    File not found: \
         /builddir/build/BUILDROOT/a-1-1.x86_64/no/such\nChild return code was: 1\n",
        "rpmbuild: File not found: BUILDROOT/a-1-1.x86_64/no/such; see build.log",
    ),
    Row(
        "rebuild",
        10,
        "ERROR: Command failed\n",
        "",
        "mock could not build: Command failed; see root.log and build.log",
    ),
    Row(
        "buildsrpm",
        1,
        "Command failed: \n",
        "RPM build errors:\nerror: Bad file: /builddir/build/SOURCES/missing.tar: No such file or \
         directory\n    Bad file: /builddir/build/SOURCES/missing.tar: No such file or \
         directory\nChild return code was: 1\n",
        "the spec file wants the source `missing.tar`, which is not there: put it beside the spec \
         file",
    ),
    Row(
        "buildsrpm",
        1,
        "Command failed: \n",
        "error: License field must be present in package: (main package)\nChild return code was: 1\n",
        "rpmbuild cannot make a source RPM of the spec file: License field must be present in \
         package: (main package)",
    ),
    Row(
        "installdeps",
        30,
        "No matching package to install: 'no-such-package >= 2'\nNot all dependencies \
         satisfied\nError: Some packages could not be found.\n\n",
        "",
        "no repository has what the build requires: `no-such-package >= 2`; build it first, add a \
         repository by addrepo in the target's config, or tag it where include_in_builds is set",
    ),
    Row(
        "init",
        30,
        "No match for argument: tar\nError: Unable to find a match: bash rpm-build make tar\n\n",
        "",
        "no repository of the mock configuration has what its chroot needs: `tar`; see that it is",
    ),
    Row(
        "rebuild",
        50,
        "Start: run\nNo package specified to rebuild command.\n",
        "",
        "mock does not understand how it was called: No package specified to rebuild command.",
    ),
    Row(
        "init",
        30,
        "Errors during downloading metadata for repository '1270019_none':\nError: Failed to \
         download metadata for repo '1270019_none': Cannot download repomd.xml: All mirrors were \
         tried\n\n",
        "",
        "a package repository cannot be reached (Failed to download metadata for repo \
         '1270019_none': Cannot download repomd.xml: All mirrors were tried): see that it is \
         there, and retry",
    ),
    Row(
        "init",
        30,
        "Error Summary\n-------------\nDisk Requirements:\n   At least 126MB more space needed on \
         the / filesystem.\n\n\n",
        "",
        "a disk of this worker is full (At least 126MB more space needed on the / filesystem.): \
         make room where mock keeps its chroots (/var/lib/mock) and its results",
    ),
    Row(
        "installdeps",
        1,
        "Cannot find/open srpm: /x/garbage.src.rpm. Error: error reading package header\n",
        "",
        "the source RPM cannot be read (error reading package header): it is torn, or none",
    ),
    Row(
        "rebuild",
        11,
        "Timeout(3) expired for command:\n # bash --login -c '/usr/bin/rpmbuild'\n",
        "",
        "the build took longer than its timeout of 1h: raise `timeout` in the target's config, or \
         see in build.log what hangs",
    ),
    Row(
        "init",
        2,
        "\nERROR: [Errno 1] Operation not permitted\n",
        "",
        "mock was not started as root: run the worker as root",
    ),
    Row(
        "config",
        3,
        "ERROR: Config error: /etc/mock/broken.cfg: invalid syntax (<string>, line 1)\n",
        "",
        "mock cannot use the configuration of this target: Config error: /etc/mock/broken.cfg: \
         invalid syntax (<string>, line 1)",
    ),
    Row(
        "buildsrpm",
        5,
        "Input specfile does not exist: /x/none.spec\n",
        "",
        "mock does not understand how it was called: Input specfile does not exist: /x/none.spec",
    ),
    Row(
        "init",
        6,
        "Unable to build arch s390x natively on arch x86_64. Setting forcearch to use software \
         emulation.\nThe --forcearch=s390x feature requires the /usr/bin/qemu-s390x-static file to \
         be installed (typically qemu-user-static* package)\n",
        "",
        "this worker cannot build for that arch: The --forcearch=s390x feature requires the \
         /usr/bin/qemu-s390x-static file to be installed (typically qemu-user-static* package); \
         install what is wanted there",
    ),
    Row(
        "init",
        20,
        "ERROR: Could not find useradd in chroot\n",
        "",
        "mock could not make the chroot, in the chroot: Could not find useradd in chroot; see root.log",
    ),
    Row(
        "installdeps",
        40,
        "ERROR: No specfile found in srpm: a.src.rpm\n",
        "",
        "the source RPM is not as it should be: No specfile found in srpm: a.src.rpm",
    ),
    Row(
        "init",
        60,
        "Start: clean chroot\nBuild root is locked by another process.\n",
        "",
        "another mock holds this build's chroot (Build root is locked by another process.): wait \
         until it ends, or end it, and retry",
    ),
    Row(
        "init",
        70,
        "Could not create output directory for built rpms. The directory specified was:\n    \
         /x\n\nTry using the --resultdir= option to select another location.\n",
        "",
        "mock cannot write its results: make stage_dir in plugins.d/mock.toml a directory",
    ),
    Row(
        "init",
        80,
        "ERROR: Namespace unshare failed.\n",
        "",
        "mock may not make namespaces on this worker: run the worker as root, with CAP_SYS_ADMIN",
    ),
    Row(
        "init",
        90,
        "ERROR: no podman\n",
        "",
        "mock could not prepare its bootstrap chroot: no podman; see root.log",
    ),
    Row(
        "installdeps",
        120,
        "[Errno 2] No such file or directory: '/usr/bin/yum-builddep'\nError:      Neither \
         dnf-utils nor yum-utils are installed. Dnf-utils or yum-utils are needed to complete \
         this action.\n            $ yum install yum-utils\n",
        "",
        "this worker lacks what installs build requirements: install dnf-utils",
    ),
    Row(
        "init",
        25,
        "ERROR: Volume group must be specified\n",
        "",
        "mock cannot use its LVM volumes on this worker: Volume group must be specified; mend \
         lvm_root_opts",
    ),
    Row(
        "init",
        65,
        "LVM is locked\n",
        "",
        "another mock holds the LVM volumes of this worker (LVM",
    ),
    Row(
        "installdeps",
        31,
        "Unknown external dependencies: external:gem:x\n",
        "",
        "the build requires something from outside of RPM that cannot be had: Unknown external \
         dependencies: external:gem:x; mend its `BuildRequires: external:…`",
    ),
    Row(
        "rebuild",
        40,
        "Source RPM is not installable:\nUpdating / installing...\nerror: unpacking of archive \
         failed on file a.spec: cpio: read failed\nerror: a.src.rpm cannot be installed\n\n",
        "",
        "the source RPM is not as it should be: unpacking of archive failed on file a.spec: cpio: \
         read failed; make it anew by rpmbuild -bs",
    ),
    Row("rebuild", 4, "some\n", "", "mock could not build: exit status 4: some"),
    Row("rebuild", 110, "ERROR: state\n", "", "mock lost its way between its own steps: state"),
    Row(
        "init",
        126,
        "mock: Permission denied\n",
        "",
        "mock cannot be run on this worker: mock: Permission denied; install mock",
    ),
    Row(
        "rebuild",
        143,
        "Leftover process 2663 is being killed with signal 15: sleep 600\nFinish: rpmbuild\n",
        "",
        "mock was ended from outside by signal 15: retry, and see who does that",
    ),
    Row("rebuild", 99, "strange\n", "", "mock could not build: exit status 99: strange"),
    Row(
        "config",
        1,
        "RuntimeError: mock will not run from the root account (needs an unprivileged uid so it \
         can drop privs)\n",
        "",
        "mock was given root to build as: name a user of the group mock by `user` in \
         plugins.d/mock.toml",
    ),
];

#[test]
fn mock_exits_are_sentences() {
    if !isolated() {
        return;
    }
    for Row(phase, exit, said, log, sentence) in ROWS {
        let mut task = Task::with_spec();
        task.job.target_config = "[mock]\nconfig = 'plain'\ntimeout = '1h'\n".into();
        task.configure("plain.cfg", &format!("fail {phase} {exit}\n"));
        task.configure(&format!("plain.{phase}.said"), said);
        task.configure(&format!("plain.{phase}.log"), log);
        let told = task.refusal();
        assert!(told.starts_with(sentence), "{phase} {exit}:\n{told}\n{sentence}");
        // Before the configuration is known there is no root to remove.
        let last = if *phase == "config" { "config" } else { "clean" };
        assert_eq!(task.phases().last().unwrap(), last, "{phase} {exit}");
        task.assert_nothing_left();
    }
}

#[test]
fn mock_that_makes_nothing_is_no_success() {
    if !isolated() {
        return;
    }
    let task = Task::with_spec();
    task.configure("plain.cfg", "nothing\n");
    let told = task.refusal();
    assert!(told.starts_with("mock succeeded and made no RPM: see build.log"), "{told}");
}
