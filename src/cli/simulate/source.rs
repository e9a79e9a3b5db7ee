//! Where a world comes from: the examples, or a file in TOML or JSON.

use anyhow::{Context as _, Result, bail};
use app::sim::builtin;
use app::sim::world::World;
use std::io::Read;
use std::path::Path;

/// Most bytes of one file.
const FILE_MAX: u64 = 16 << 20;

/// The world of a name or a file; an example goes before a file of its name.
pub(super) fn world(name: &str) -> Result<World> {
    if let Some(world) = builtin::world(name) {
        return Ok(world);
    }
    let path = Path::new(name);
    if !path.exists() {
        let known: Vec<&str> = builtin::WORLDS.iter().map(|(name, _)| *name).collect();
        bail!("{name:?} is neither a file nor one of the examples: {}", known.join(", "));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("the world {name:?}"))?;
    file.take(FILE_MAX + 1).read_to_string(&mut text).context("the world is no text")?;
    if text.len() as u64 > FILE_MAX {
        bail!("the world is longer than {FILE_MAX} bytes");
    }
    let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    parse(&text, json).with_context(|| format!("the world {name:?}"))
}

fn parse(text: &str, json: bool) -> Result<World> {
    if json {
        return serde_json::from_str(text).context("it is not what a world is made of");
    }
    let source = ::config::File::from_str(text, ::config::FileFormat::Toml);
    let read = ::config::Config::builder().add_source(source).build();
    read.and_then(::config::Config::try_deserialize).context("it is not what a world is made of")
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::sim::chance::Spread;

    const TOML: &str = r#"
        name = "shop"
        arrivals = 1000
        order = "first_come"

        [[classes]]
        name = "calls"
        rates = [{ per_hour = 60 }, { from = 3600, per_hour = 30.5 }]
        service = { lognormal = { mean = 240, deviation = 100 } }
        patience = { exponential = 90 }
        needs = { sales = 3 }

        [[agents]]
        name = "team"
        staff = [{ count = 4 }]
        skills = { sales = 5 }
    "#;

    #[test]
    fn a_world_is_read_from_toml() {
        let world = parse(TOML, false).expect("a world");
        world.check().expect("a sound one");
        let class = &world.classes[0];
        assert_eq!(class.service, Spread::Lognormal { mean: 240.0, deviation: 100.0 });
        assert_eq!((class.rates[1].per_hour, class.within), (30.5, 20.0));
        assert_eq!(class.needs["sales"], 3);
    }

    #[test]
    fn an_example_reads_back_from_json() {
        for (name, _) in builtin::WORLDS {
            let world = builtin::world(name).expect("it is there");
            let text = serde_json::to_string(&world).expect("it serialises");
            assert_eq!(parse(&text, true).expect(name), world);
        }
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert!(parse("name = 1", false).is_err());
        assert!(parse(&TOML.replace("arrivals", "arivals"), false).is_err());
        assert!(parse("{", true).is_err());
        assert!(super::world("no such world").is_err());
    }
}
