//! The Dockerfile, what it copies, and the compose file.

use std::collections::{BTreeMap, BTreeSet};

use parse_dockerfile::{Command, HealthcheckArguments, Instruction, JsonOrStringArray, UnescapedString};
use serde_json::{Value, json};

use crate::program::{assert_known, package};
use crate::support::{Running, crosswalk};
use crate::text;

/// What an image says of how it is run.
#[derive(Debug, Default)]
struct Image {
    base: String,
    arguments: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    user: String,
    volumes: Vec<String>,
    ports: Vec<String>,
    signal: String,
    health: Vec<String>,
    entrypoint: Vec<String>,
    command: Vec<String>,
    /// Destinations that are copied, with the owner they are given.
    owners: BTreeMap<String, Option<String>>,
}

/// The last stage, and the image that the stages before it are built in.
fn image() -> (Image, String) {
    let source = text("Dockerfile");
    let file = parse_dockerfile::parse(&source).unwrap();
    let versions: BTreeMap<String, String> = file
        .global_args()
        .flat_map(|argument| pairs(&argument.arguments.value))
        .collect();
    let filled = |name: &UnescapedString<'_>| {
        versions
            .iter()
            .fold(name.value.to_string(), |text, (key, value)| {
                text.replace(&format!("${{{key}}}"), value)
            })
    };
    let stages: Vec<_> = file.stages().collect();
    let mut image = Image {
        base: filled(&stages.last().unwrap().from.image),
        ..Image::default()
    };
    for instruction in stages.last().unwrap().instructions {
        match instruction {
            Instruction::Arg(one) => image.arguments.extend(pairs(&one.arguments.value)),
            Instruction::Label(one) => image.labels.extend(pairs(&one.arguments.value)),
            Instruction::Env(one) => image.environment.extend(pairs(&one.arguments.value)),
            Instruction::User(one) => image.user = one.arguments.value.to_string(),
            Instruction::Volume(one) => match &one.arguments {
                JsonOrStringArray::Json(names) => image.volumes.extend(words(&names.value)),
                JsonOrStringArray::String(names) => image.volumes.extend(words(names)),
            },
            Instruction::Expose(one) => image.ports.extend(words(&one.arguments)),
            Instruction::Stopsignal(one) => image.signal = one.arguments.value.to_string(),
            Instruction::Healthcheck(one) => match &one.arguments {
                HealthcheckArguments::Cmd { arguments, .. } => image.health = exec(arguments),
                _ => panic!("the image has no health check"),
            },
            Instruction::Entrypoint(one) => image.entrypoint = exec(&one.arguments),
            Instruction::Cmd(one) => image.command = exec(&one.arguments),
            Instruction::Copy(one) => {
                let owner = one.options.iter().find(|option| option.name.value == "chown");
                let owner = owner.and_then(|option| option.value.as_ref());
                image.owners.insert(
                    one.dest.value.trim_end_matches('/').to_owned(),
                    owner.map(|owner| owner.value.to_string()),
                );
            }
            other => panic!("the last stage has no shell and takes nothing else in: {other:?}"),
        }
    }
    (image, filled(&stages[0].from.image))
}

/// Words in JSON: where there is no shell, nothing else can be run.
fn exec(command: &Command<'_>) -> Vec<String> {
    match command {
        Command::Exec(arguments) => words(&arguments.value),
        other => panic!("{other:?} needs a shell"),
    }
}

fn words(list: &[UnescapedString<'_>]) -> Vec<String> {
    list.iter().map(|word| word.value.to_string()).collect()
}

/// `a=b c="d e"`
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        pairs.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\\');
    }
    pairs
}

/// The service of the compose file, and the file.
fn compose() -> (Value, Value) {
    let file: Value = serde_saphyr::from_str(&text("compose.yaml")).unwrap();
    let services = file["services"].as_object().unwrap();
    assert_eq!(services.len(), 1);
    (file["services"]["crosswalk"].clone(), file)
}

/// `1.95.0` as numbers that can be compared.
fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|part| part.parse().unwrap()).collect()
}

#[test]
fn the_image_is_built_by_a_rust_that_the_sources_accept() {
    let (image, builder) = image();
    let (rust, system) = builder.split_once(':').unwrap().1.split_once("-slim-").unwrap();
    assert_eq!(rust.split('.').count(), 3, "{rust} is no exact version");
    let least = package()["rust_version"].as_str().unwrap().to_owned();
    assert!(
        version(rust) >= version(&least),
        "{rust} is older than rust-version {least}"
    );
    // A program runs on the C library of the system that built it, or a later one.
    let debian = BTreeMap::from([("bookworm", "debian12"), ("trixie", "debian13")]);
    assert!(
        image.base.contains(debian[system]),
        "{builder} builds for {}",
        image.base
    );
    assert!(
        image.base.starts_with("gcr.io/distroless/cc-"),
        "the program needs the C library and libgcc"
    );
}

#[test]
fn the_image_is_described_by_the_manifest() {
    let (image, _) = image();
    let package = package();
    let label = |name: &str| image.labels[&format!("org.opencontainers.image.{name}")].as_str();
    assert_eq!(label("title"), package["name"]);
    assert_eq!(label("description"), package["description"]);
    assert_eq!(label("licenses"), package["license"]);
    assert_eq!(label("source"), package["repository"]);
    assert_eq!(label("version"), "${VERSION}");
    assert_eq!(image.arguments["VERSION"], package["version"]);
}

#[test]
fn the_image_is_run_by_nobody_and_keeps_its_data_in_a_volume() {
    let (image, _) = image();
    let (user, group) = image.user.split_once(':').unwrap();
    assert!(user.parse::<u32>().unwrap() > 0 && group.parse::<u32>().unwrap() > 0);
    let data = &image.environment["CROSSWALK_DATA"];
    assert_eq!(&image.volumes, std::slice::from_ref(data));
    assert_eq!(image.owners[data].as_deref(), Some(image.user.as_str()));
    let given: Vec<_> = image.owners.iter().filter(|(_, owner)| owner.is_some()).collect();
    assert_eq!(
        given.len(),
        1,
        "the program's own files belong to root: {given:?}"
    );
    assert_eq!(image.signal, "SIGTERM");
    assert_known("the Dockerfile", image.environment.keys().map(String::as_str));
}

#[test]
fn the_image_starts_the_program_and_knows_how_it_is() {
    let (image, _) = image();
    assert_eq!(image.entrypoint, ["/usr/bin/crosswalk"]);
    assert_eq!(image.health[0], image.entrypoint[0]);
    let listen = &image.environment["CROSSWALK_LISTEN"];
    let (host, port) = listen.rsplit_once(':').unwrap();
    assert_eq!(host, "0.0.0.0", "a container's loopback is reached by nobody");
    assert_eq!(image.ports, [port]);
    // Its words are the program's: they are run as they stand, on a port and a folder of the test's.
    let data = tempfile::tempdir().unwrap();
    let run = |words: &[String], listen: &str| {
        let mut command = crosswalk(data.path());
        command.env("CROSSWALK_LISTEN", listen).args(words);
        command
    };
    let server = Running::start(run(&image.command, &format!("{host}:0")));
    let (_, port) = server.address.rsplit_once(':').unwrap();
    let here = format!("{host}:{port}");
    let health = || run(&image.health[1..], &here).output().unwrap().status.code();
    assert_eq!(health(), Some(0));
    drop(server);
    assert_eq!(health(), Some(1));
}

/// What the sources take in at build time from outside the crates, as `models/crm/users.yaml`.
fn taken_in() -> BTreeSet<String> {
    let root = crate::path("").canonicalize().unwrap();
    let mut folders = vec![root.join("crates")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for word in ["include_str!(", "include_bytes!("] {
                let files = source.split(word).skip(1).filter_map(|after| {
                    let (file, _) = after.trim_start().strip_prefix('"')?.split_once('"')?;
                    folder.join(file).canonicalize().ok()
                });
                let files =
                    files.filter_map(|file| Some(file.strip_prefix(&root).ok()?.to_str()?.to_owned()));
                found.extend(files.filter(|file| !file.starts_with("crates/")));
            }
        }
    }
    found
}

#[test]
fn the_build_gets_what_it_needs_and_nothing_else() {
    let rules = text(".dockerignore");
    let rules: Vec<&str> = rules
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert_eq!(rules[0], "*", "everything is left out that is not named");
    let taken: Vec<&str> = rules.iter().filter_map(|rule| rule.strip_prefix('!')).collect();
    // The last is listed by a build script.
    let needed = ["Cargo.toml", "Cargo.lock", "LICENSE", "crates", "connectors"].map(str::to_owned);
    let embedded = taken_in();
    assert!(embedded.contains("models/crm/users.yaml"), "{embedded:?}");
    for file in needed.iter().chain(&embedded) {
        let is_taken = |name: &&str| std::path::Path::new(file).starts_with(name);
        assert!(
            taken.iter().any(is_taken),
            "the build needs {file}: take it in in .dockerignore"
        );
    }
    for name in taken {
        assert!(
            crate::path(name).exists(),
            ".dockerignore takes {name}, which is not there"
        );
    }
}

#[test]
fn compose_runs_the_image_as_it_is_meant() {
    let (image, _) = image();
    let (service, _) = compose();
    assert_eq!(service["build"], ".");
    assert_eq!(service["user"], image.user.as_str());
    let port = &image.ports[0];
    assert_eq!(service["ports"], json!([format!("127.0.0.1:{port}:{port}")]));
    let volume = service["volumes"][0].as_str().unwrap();
    assert_eq!(
        volume.split_once(':').unwrap().1,
        image.environment["CROSSWALK_DATA"]
    );
    let check = service["healthcheck"]["test"].as_array().unwrap();
    assert_eq!(check[0], "CMD");
    let check: Vec<&str> = check[1..].iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(check, image.health);
    assert_eq!(service.get("command"), None);
    assert_eq!(service.get("entrypoint"), None);
    let grace = service["stop_grace_period"].as_str().unwrap();
    assert!(
        grace.strip_suffix('s').unwrap().parse::<u32>().unwrap() > 30,
        "running answers get 30 s to finish"
    );
}

#[test]
fn compose_lets_the_container_do_little_else() {
    let (service, _) = compose();
    assert_eq!(service["read_only"], true);
    assert_eq!(service["cap_drop"], json!(["ALL"]));
    assert_eq!(service.get("cap_add"), None);
    assert_eq!(service["security_opt"], json!(["no-new-privileges:true"]));
    let folders = service["tmpfs"].as_array().unwrap();
    assert!(folders.len() == 1 && folders[0].as_str().unwrap().starts_with("/tmp:"));
    for limit in ["cpus", "memory", "pids"] {
        assert!(
            !service["deploy"]["resources"]["limits"][limit].is_null(),
            "{limit}"
        );
    }
    for word in ["privileged", "network_mode", "pid", "devices"] {
        assert_eq!(service.get(word), None);
    }
    assert_eq!(service["restart"], "unless-stopped");
}

#[test]
fn compose_hands_the_key_over_as_a_file() {
    let (service, file) = compose();
    let environment = service["environment"].as_object().unwrap();
    assert_known("compose.yaml", environment.keys().map(String::as_str));
    assert!(
        !environment.contains_key("CROSSWALK_KEY"),
        "a variable can be read by `docker inspect`"
    );
    let secret = service["secrets"][0].as_str().unwrap();
    assert_eq!(
        environment["CROSSWALK_KEY_FILE"],
        format!("/run/secrets/{secret}")
    );
    let source = file["secrets"][secret]["file"].as_str().unwrap();
    // It is made in a clone, and must never be taken along.
    let ignored = text(".gitignore");
    assert!(
        ignored.lines().any(|line| line == source.trim_start_matches('.')),
        "{source}"
    );
    let volume = service["volumes"][0].as_str().unwrap().split(':').next().unwrap();
    assert!(file["volumes"].as_object().unwrap().contains_key(volume));
}
