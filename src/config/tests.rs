//! The defaults are whole, misspelt keys are noticed, and secrets stay out of what is shown.

use super::*;
use std::io::Write;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config> {
    let mut written = tempfile::NamedTempFile::new().expect("a file");
    written.write_all(file.as_bytes()).expect("written");
    let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Config::load(Some(written.path()), environment.collect::<Vec<_>>(), &Overrides::default())
}

fn refused(file: &str, environment: &[(&str, &str)]) -> String {
    format!("{:#}", load(file, environment).expect_err("refused"))
}

#[test]
fn the_defaults_are_complete_and_valid() {
    let config = Config::load(None, [], &Overrides::default()).expect("valid");
    assert_eq!(config.listen.to_string(), "127.0.0.1:7400");
    assert_eq!(config.sqlite_path(), Some(PathBuf::from("data/omnichannel.sqlite")));
    assert!(config.is_usual_database());
    assert!(!config.egress.allow_http && !config.egress.allow_private);
    assert!(!config.time.shift_allowed);
    assert!(config.drain_limit() <= Duration::from_secs(30), "G10");
}

#[test]
fn every_default_has_a_sentence_before_it() {
    let mut before = "";
    for line in DEFAULTS.lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(before.starts_with('#'), "{line} has no sentence");
        }
        before = line;
    }
}

#[test]
fn what_is_shown_can_be_read_again() {
    let shown = Config::load(None, [], &Overrides::default()).expect("valid").show();
    assert_eq!(load(&shown, &[]).expect("reads").show(), shown);
    let keys = DEFAULTS.lines().filter(|line| line.contains(" = ") && !line.starts_with('#'));
    assert_eq!(shown.lines().count(), keys.count());
}

#[test]
fn unknown_keys_are_refused_wherever_they_come_from() {
    for (file, told) in [
        ("lissten = 1", "lissten; did you mean listen?"),
        ("[database]\nurll = \"x\"", "database.urll; did you mean database.url?"),
        ("[datbase]\nurl = \"x\"", "datbase.url; did you mean database.url?"),
        ("weather = 1\nlissten = 1", "no setting is called weather"),
        ("listen = \n", "the configuration file"),
    ] {
        let text = refused(file, &[]);
        assert!(text.contains(told), "{told} in {text}");
    }
    assert!(refused("", &[("OMNICHANNEL_DATABASE__URLL", "x")]).contains("DATABASE__URLL"));
    assert!(refused("[master_key]\ntext = \"x\"", &[]).contains("master_key.text"));
    let issuers = [("OMNICHANNEL_IDENTITY__ISSUERS", "x")];
    assert!(refused("", &issuers).contains("in the file only"));
    let config = load("", &[("OMNICHANNEL_SERVICE_HOST", "10.0.0.1")]).expect("a platform's own");
    assert!(config.show().contains("OMNICHANNEL_SERVICE_HOST sets nothing"), "but it is told");
}

#[test]
fn the_environment_goes_before_the_file_and_the_command_line_before_both() {
    let file = "listen = \"127.0.0.1:1\"\n[limits]\ncalls = 7\n[egress]\nallow_http = true";
    let config = load(file, &[]).expect("valid");
    assert_eq!((config.listen.port(), config.limits.calls), (1, 7));
    let environment = [
        ("OMNICHANNEL_LISTEN", "127.0.0.1:2"),
        ("OMNICHANNEL_LIMITS__CALLS", "8"),
        ("OMNICHANNEL_EGRESS_ALLOW_HTTP", "false"),
        ("OMNICHANNEL_CORS_ORIGINS", "https://a.example, https://b.example"),
    ];
    let config = load(file, &environment).expect("valid");
    assert_eq!((config.listen.port(), config.limits.calls), (2, 8));
    assert!(!config.egress.allow_http);
    assert_eq!(config.cors.origins, ["https://a.example", "https://b.example"]);
    let overrides =
        Overrides { listen: Some("127.0.0.1:3".into()), database: Some("sqlite:x".into()) };
    let environment = [("OMNICHANNEL_LISTEN".into(), "127.0.0.1:2".into())];
    let config = Config::load(None, environment, &overrides).expect("valid");
    assert_eq!((config.listen.port(), config.database.url.as_str()), (3, "sqlite:x"));
}

#[test]
fn one_key_is_not_set_twice_and_values_fit_their_kind() {
    let twice =
        [("OMNICHANNEL_DATABASE_URL", "sqlite:a"), ("OMNICHANNEL_DATABASE__URL", "sqlite:b")];
    assert!(refused("", &twice).contains("two variables"));
    assert!(refused("", &[("OMNICHANNEL_LIMITS_CALLS", "many")]).contains("limits.calls"));
    assert!(refused("[log]\nformat = \"xml\"", &[]).contains("log.format is text or json"));
    for listen in ["localhost:7500", "7500"] {
        let text = refused(&format!("listen = \"{listen}\""), &[]);
        assert!(text.contains(&format!("`{listen}` is not an IP address and a port")), "{text}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let file = "lissten = 1\nlisten = \"here\"\n[limits]\ncalls = \"many\"\nstreams = []\n\
                [time]\nshift_allowed = \"yes\"\n[smtp]\nerrors = 0\n\
                [mail.relay]\npassword = [\"hunter2\"]";
    let environment = [
        ("OMNICHANNEL_LIMITS__CALS", "1"),
        ("OMNICHANNEL_METRICS_ENABLED", "no"),
        ("OMNICHANNEL_DRAIN_NOTICE_SECONDS", "soon"),
    ];
    let text = refused(file, &environment);
    for told in [
        "did you mean listen?",
        "`here` is not an IP address",
        "limits.calls",
        "limits.streams",
        "time.shift_allowed must be true or false",
        "smtp.errors is 0",
        "mail.relay.password is not a text",
        "LIMITS__CALS",
        "metrics.enabled, which is true or false",
        "drain.notice_seconds",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn what_cannot_work_is_refused_before_it_is_tried() {
    let identity = ISSUER.replace("https://login", "http://login");
    let relay = "[mail.relay]\nhost = ";
    for (file, told) in [
        (format!("{CLIENT_CA}{identity}"), "identity.allow_http"),
        (ISSUER.to_owned(), "identity.services needs tls.client_ca"),
        (format!("{relay}\"x y\""), "mail.relay.host: it is neither the name"),
        (format!("{relay}\"relay\"\nusername = \"u\"\nsecurity = \"none\""), "in clear"),
        ("smtp.listen = \"127.0.0.1:7400\"".to_owned(), "the same place"),
        ("database.url = \"postgres://u@db/x?sslmode=wrong\"".to_owned(), "database.url"),
    ] {
        let text = refused(&file, &[(MASTER_KEY_VARIABLE, "c2VjcmV0")]);
        assert!(text.contains(told), "{told} in {text}");
    }
    load(&format!("{relay}\"127.0.0.1\"\nport = 2599"), &[]).expect("a relay may be near");
    assert!(!refused("database.url = \"mysql://db/x\"", &[]).contains("master_key"));
}

#[test]
fn names_of_the_original_mean_what_they_meant_or_say_what_became_of_them() {
    let database = [
        ("OMNICHANNEL_DATABASE_URL", "postgresql+asyncpg://u:hunter2@db/x"),
        (MASTER_KEY_VARIABLE, "c2VjcmV0"),
        ("OMNICHANNEL_REDIS_URL", "redis://:hunter2@cache"),
        ("SENDGRID_API_KEY", "hunter2"),
        ("OMNICHANNEL_API_KEY", "hunter2"),
    ];
    let config = load("", &database).expect("valid");
    assert_eq!(config.database.url, "postgres://u:hunter2@db/x");
    let shown = config.show();
    assert!(shown.contains("# OMNICHANNEL_REDIS_URL sets nothing; not needed"), "{shown}");
    assert!(shown.contains("# SENDGRID_API_KEY sets nothing; per account"), "{shown}");
    assert!(!shown.contains("hunter2") && !shown.contains("API_KEY sets nothing:"), "{shown}");
    for (file, became) in [
        ("default_routing_strategy = \"skill_based\"", "Queue.strategy"),
        ("max_interaction_queue_size=1000", "Queue.max_size"),
        ("[channels]\nemail = 1", "CreateChannelAccount"),
        ("[channels.email]\nprovider = \"x\"", "CreateChannelAccount"),
    ] {
        assert!(refused(file, &[]).contains(became), "{file}");
    }
}

#[test]
fn who_can_be_reached_has_tls_or_says_who_has() {
    let public = "listen = \"0.0.0.0:7400\"\n";
    assert!(refused(public, &[]).contains("terminated_by_proxy"));
    let told = load(&format!("{public}tls.terminated_by_proxy = true"), &[]).expect("told");
    assert_eq!(told.reflects_to(), Reflection::Permission);
    let pair = "tls.certificate = \"a\"\ntls.key = \"b\"\n";
    assert_eq!(
        load(&format!("{public}{pair}"), &[]).expect("TLS").reflects_to(),
        Reflection::Permission
    );
    assert!(refused("tls.certificate = \"a\"", &[]).contains("tls.key"));
    assert!(refused("tls.client_ca = \"a\"", &[]).contains("tls.client_ca"));
    let required = format!("{pair}tls.client_certificates = \"required\"");
    assert!(refused(&required, &[]).contains("needs tls.client_ca"));
}

#[test]
fn reflection_is_a_word_and_was_a_flag() {
    for (said, expected) in [
        ("true", Reflection::Open),
        ("false", Reflection::Off),
        ("\"permission\"", Reflection::Permission),
        ("\"auto\"", Reflection::Open),
    ] {
        let config = load(&format!("reflection = {said}"), &[]).expect("valid");
        assert_eq!(config.reflects_to(), expected, "{said}");
    }
    let off = load("", &[("OMNICHANNEL_REFLECTION", "false")]).expect("valid");
    assert_eq!(off.reflects_to(), Reflection::Off);
    assert!(refused("reflection = \"some\"", &[]).contains("reflection"));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let file = "public_url = \"ftp://x\"\n[limits]\ncalls = 0\nstreams = 5\n\
                [cors]\norigins = [\"*\"]\n\
                [log]\nlevel = \"a=b=c\"\n[drain]\nhard_seconds = 0";
    let text = refused(file, &[]);
    for key in ["public_url", "limits.calls", "streams_per_key", "cors", "log.level", "drain.hard"]
    {
        assert!(text.contains(key), "{key} in {text}");
    }
}

#[test]
fn postgresql_needs_a_master_key_and_no_secret_is_shown() {
    let file = "[database]\nurl = \"postgres://u:hunter2@db/x?sslpassword=hunter3&a=b\"";
    let text = refused(file, &[]);
    assert!(text.contains("master_key.file") && !text.contains("hunter"), "{text}");
    let config = load(file, &[(MASTER_KEY_VARIABLE, "c2VjcmV0")]).expect("valid");
    let shown = config.show() + &format!("{config:?}");
    assert!(shown.contains("redacted@db") && shown.contains("a=b"), "{shown}");
    assert!(!shown.contains("hunter") && !shown.contains("c2VjcmV0"), "{shown}");
    let broken = "[database]\nurl = \"postgres://u:hunter2@[db\"";
    assert!(!refused(broken, &[(MASTER_KEY_VARIABLE, "x")]).contains("hunter"));
}

const CLIENT_CA: &str = "tls.certificate = \"a\"\ntls.key = \"b\"\ntls.client_ca = \"c\"\n";

const ISSUER: &str = "[[identity.issuers]]\nissuer = \"https://login.example.org\"\n\
    audiences = [\"omnichannel\"]\nalgorithms = [\"RS256\", \"EdDSA\"]\n\
    tenant_claim = \"tenant\"\nrole_claim = \"groups\"\nroles = { \"desk a\" = \"agent\" }\n\
    agent_claim = \"agent\"\n[[identity.services]]\nuri = \"spiffe://example.org/billing\"\n\
    tenant = \"01910000-0000-7000-8000-000000000001\"\nrole = \"integration\"\n\
    scopes = [\"CUSTOMERS_READ\"]\n";

#[test]
fn identities_are_read_and_shown_as_they_can_be_read_again() {
    let config = load(&format!("{CLIENT_CA}{ISSUER}"), &[]).expect("valid");
    let identity = config.identity.settings().expect("valid");
    assert_eq!((identity.issuers.len(), identity.services.len()), (1, 1));
    assert_eq!(identity.services[0].permissions.iter().count(), 1);
    let again = load(&config.show(), &[]).expect("what is shown is a file");
    assert_eq!(again.show(), config.show());
}

#[test]
fn identities_that_mean_nothing_are_refused_by_their_key() {
    let without = |line: &str| ISSUER.replace(line, "");
    let with = |from: &str, to: &str| ISSUER.replace(from, to);
    for (file, told) in [
        (without("audiences = [\"omnichannel\"]\n"), "issuers[0].audiences"),
        (with("\"RS256\"", "\"HS256\""), "issuers[0].algorithms"),
        (with("\"RS256\"", "\"none\""), "issuers[0].algorithms"),
        (with("https://login.example.org", "login"), "issuers[0].issuer"),
        (without("tenant_claim = \"tenant\"\n"), "tenant or tenant_claim"),
        (with("role_claim = \"groups\"", "role = \"platform-admin\""), "issuers[0].role"),
        (with("= \"agent\" }", "= \"king\" }"), "issuers[0].roles"),
        (with("\"integration\"", "\"agent\""), "a service is no agent"),
        (with("CUSTOMERS_READ", "CUSTOMERS_EAT"), "services[0].scopes"),
        (with("CUSTOMERS_READ", "TENANTS_MANAGE"), "services[0].scopes: TENANTS_MANAGE"),
        (with("01910000", "x"), "services[0].tenant"),
        (
            format!("{ISSUER}{}", ISSUER.split("[[identity.services]]").next().unwrap_or_default()),
            "issuers[1].issuer is there twice",
        ),
        (with("audiences", "audience"), "audience"),
    ] {
        let text = refused(&file, &[]);
        assert!(text.contains(told), "{told} in {text}");
    }
}

#[test]
fn truths_are_said_as_such() {
    for word in ["\"yes\"", "\"true\"", "1", "\"\""] {
        let said = refused(&format!("[time]\nshift_allowed = {word}"), &[]);
        assert!(said.contains("time.shift_allowed must be true or false"), "{word}: {said}");
    }
    for word in ["yes", "on", "1", "TRUE", ""] {
        let said = refused("", &[("OMNICHANNEL_TIME_SHIFT_ALLOWED", word)]);
        assert!(said.contains("time.shift_allowed"), "{word}: {said}");
    }
    let told = [("OMNICHANNEL_TIME__SHIFT_ALLOWED", "true")];
    assert!(load("", &told).expect("valid").time.shift_allowed);
}
