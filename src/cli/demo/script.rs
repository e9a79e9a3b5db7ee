//! What is to be played, fixed beforehand: who writes what and when, which offers are passed on,
//! where the receiver fails, what is posted twice. Pure, and the same for the same arguments but
//! for the name of the run, so that afterwards every count has one right value.

use uuid::Uuid;

/// Most messages of a customer in one interaction.
const PARTS_MAX: usize = 2;

/// Every so many interactions are about an invoice.
const INVOICE_EVERY: usize = 4;

/// Of every so many offers one is declined, once.
const DECLINE_EVERY: usize = 13;

/// Of so many interactions one in a row comes by mail, the others by webhook.
const MAIL_EVERY: usize = 3;

/// The domain of the customers and of the desk; nobody has it.
const DOMAIN: &str = "demo.invalid";

/// How often the receiver fails at first. Apart from each other, so that the server's circuit
/// breaker has no reason to close the way.
const FAILURES: usize = 3;

/// What customers are called.
const CUSTOMERS: [&str; 16] = [
    "Amara Diallo",
    "Bruno Keller",
    "Carmen Ortiz",
    "David Osei",
    "Elif Yılmaz",
    "Farid Haddad",
    "Greta Nyström",
    "Hiro Tanaka",
    "Ines Moreau",
    "Jonas Weber",
    "Kavya Rao",
    "Liam Byrne",
    "Mei Lin",
    "Nadia Petrova",
    "Oscar Silva",
    "Priya Menon",
];

/// When a customer writes a second message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// Never.
    None,
    /// At once, whether or not anybody has answered.
    Early,
    /// After the first answer.
    FollowUp,
}

/// One interaction as it is to be played.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// Its number, from 0.
    pub(super) number: usize,
    /// Which customer.
    pub(super) customer: usize,
    /// Whether the customer writes mail; else the shop they write in posts webhooks.
    pub(super) by_mail: bool,
    /// Whether the rule about invoices must find it.
    pub(super) invoice: bool,
    pub(super) second: Second,
    /// Whether the first agent who is asked declines.
    pub(super) declined: bool,
    /// Whether the receiver refuses the first attempt at the first answer.
    pub(super) refused: bool,
    /// Whether the first message is delivered twice.
    pub(super) twice: bool,
    /// What the customer rates it.
    pub(super) rating: i32,
}

impl Scene {
    fn new(number: usize, (customers, interactions): (usize, usize), mail: bool) -> Self {
        let by_mail = mail && number % MAIL_EVERY == MAIL_EVERY - 1;
        // One webhook and one mail, side by side, a third into the play.
        let twice =
            interactions / 3 / MAIL_EVERY * MAIL_EVERY + if by_mail { MAIL_EVERY - 1 } else { 0 };
        let second = match number % 4 {
            1 => Second::Early,
            2 => Second::None,
            _ => Second::FollowUp,
        };
        let failing = FAILURES.min(interactions);
        Self {
            number,
            customer: number % customers,
            by_mail,
            invoice: number.is_multiple_of(INVOICE_EVERY),
            second,
            declined: number % DECLINE_EVERY == 1,
            refused: (0..failing).any(|nth| interactions * nth / failing == number),
            twice: number == twice,
            rating: 3 + i32::try_from(number % 3).unwrap_or(0),
        }
    }

    /// How many messages the customer writes; each is answered.
    pub(super) fn parts(&self) -> usize {
        if self.second == Second::None { 1 } else { PARTS_MAX }
    }

    /// What the customer writes.
    pub(super) fn text(&self, part: usize) -> String {
        let number = self.number;
        match (part, self.invoice) {
            (0, true) => format!("Case {number}: the invoice of last month cannot be right."),
            (0, false) => format!("Case {number}: my parcel has not arrived. Where is it?"),
            _ => format!("Case {number}: one thing more, please reply here."),
        }
    }

    /// What it is about, in a few words.
    pub(super) fn subject(&self) -> String {
        let about = if self.invoice { "The invoice of last month" } else { "Where is my parcel?" };
        format!("{about} (case {})", self.number)
    }

    /// What the agent answers.
    pub(super) fn reply(&self, part: usize) -> String {
        format!("Case {}: this is answer {} from the desk.", self.number, part + 1)
    }
}

/// Everything that is to be played.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// Name of the run, part of every name it gives.
    pub(super) run: String,
    pub(super) customers: usize,
    pub(super) scenes: Vec<Scene>,
}

impl Script {
    /// So many customers have so many interactions, all by webhook or some by mail.
    pub(super) fn new(run: String, (customers, interactions): (usize, usize), mail: bool) -> Self {
        let scene = |number| Scene::new(number, (customers, interactions), mail);
        Self { run, customers, scenes: (0..interactions).map(scene).collect() }
    }

    /// A name for a run that no other has.
    pub(super) fn fresh_run() -> String {
        let mut text = Uuid::now_v7().simple().to_string();
        // The front is the time, the end is chance.
        text.split_off(text.len() - 8)
    }

    /// The scenes of a customer, in their order.
    pub(super) fn of_customer(&self, customer: usize) -> impl Iterator<Item = &Scene> {
        self.scenes.iter().skip(customer).step_by(self.customers)
    }

    /// What a customer writes from. Mail about each case comes from a mailbox of its own, since
    /// many mails from one within minutes look like a loop.
    pub(super) fn address(&self, scene: &Scene) -> String {
        let Scene { number, customer, .. } = scene;
        let case = if scene.by_mail { format!("case-{number}.") } else { String::new() };
        format!("customer-{customer}.{case}{}@{DOMAIN}", self.run)
    }

    /// What a customer is called; more customers than names share them.
    pub(super) fn name(&self, scene: &Scene) -> &'static str {
        CUSTOMERS[scene.customer % CUSTOMERS.len()]
    }

    /// The mailbox of the desk.
    pub(super) fn mailbox(&self) -> String {
        format!("desk-{}@{DOMAIN}", self.run)
    }

    /// The Message-ID of a mail of the customer's side, without brackets.
    pub(super) fn mail_id(&self, number: usize, part: usize) -> String {
        format!("{}@{DOMAIN}", self.external_id(number, part))
    }

    /// The mail that has such a Message-ID.
    pub(super) fn find_mail(&self, id: &str) -> Option<(&Scene, usize)> {
        let id = id.strip_suffix(DOMAIN)?.strip_suffix('@')?;
        self.find(id).filter(|(scene, _)| scene.by_mail)
    }

    /// What a message of the contract is in this script: a webhook has its identifier, a mail its
    /// Message-ID.
    pub(super) fn part_of(&self, external_id: &str) -> Option<(&Scene, usize)> {
        let found = self.find(external_id).filter(|(scene, _)| !scene.by_mail);
        found.or_else(|| self.find_mail(external_id))
    }

    /// By which the customer's side knows one of its messages.
    pub(super) fn external_id(&self, number: usize, part: usize) -> String {
        format!("{}-{number}-{part}", self.run)
    }

    /// The message that has such an identifier: its scene and which part of it.
    pub(super) fn find(&self, external_id: &str) -> Option<(&Scene, usize)> {
        let rest = external_id.strip_prefix(self.run.as_str())?.strip_prefix('-')?;
        let (number, part) = rest.split_once('-')?;
        let scene = self.scenes.get(number.parse::<usize>().ok()?)?;
        let part = part.parse().ok().filter(|part| *part < scene.parts())?;
        Some((scene, part))
    }

    /// How many of the scenes are so.
    pub(super) fn count(&self, is: impl Fn(&Scene) -> bool) -> usize {
        self.scenes.iter().filter(|scene| is(scene)).count()
    }

    /// Messages in all, of customers as of agents: every one is answered.
    pub(super) fn messages(&self) -> usize {
        self.scenes.iter().map(Scene::parts).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_scene_is_played_in_any_size() {
        for interactions in 1..60 {
            let script = Script::new("r".into(), (7, interactions), true);
            assert_eq!(script.scenes.len(), interactions);
            let twice = |mail| script.count(|scene| scene.twice && scene.by_mail == mail);
            assert_eq!(twice(false), 1, "{interactions}");
            assert_eq!(twice(true), usize::from(interactions >= 3), "{interactions}");
            let webhooks = Script::new("r".into(), (7, interactions), false);
            assert_eq!(webhooks.count(|scene| scene.by_mail), 0);
            assert_eq!(webhooks.count(|scene| scene.twice), 1);
            assert_eq!(script.count(|scene| scene.refused), interactions.min(FAILURES));
            assert!(script.scenes[0].invoice && script.scenes[0].parts() == PARTS_MAX);
            assert!(script.scenes.iter().all(|scene| (3..=5).contains(&scene.rating)));
        }
    }

    #[test]
    fn customers_share_the_scenes() {
        let script = Script::new("r".into(), (3, 8), true);
        let numbers = |customer| -> Vec<_> {
            script.of_customer(customer).map(|scene| scene.number).collect()
        };
        assert_eq!(numbers(0), [0, 3, 6]);
        assert_eq!(numbers(2), [2, 5]);
        assert!(script.of_customer(1).all(|scene| scene.customer == 1));
    }

    #[test]
    fn messages_are_found_by_their_identifier_and_others_are_not() {
        let script = Script::new(Script::fresh_run(), (3, 8), true);
        let found = |id: &str| script.find(id).map(|(scene, part)| (scene.number, part));
        assert_eq!(found(&script.external_id(3, 1)), Some((3, 1)));
        assert_eq!(found(&script.external_id(2, 0)), Some((2, 0)));
        for other in ["", "other-1-0", &script.external_id(8, 0), &script.external_id(2, 1)] {
            assert_eq!(found(other), None, "{other}");
        }
        assert_ne!(Script::fresh_run(), Script::fresh_run());
    }

    #[test]
    fn only_invoices_say_so() {
        let script = Script::new("r".into(), (3, 40), true);
        for scene in &script.scenes {
            assert_eq!(scene.text(0).contains("invoice"), scene.invoice);
            assert!(!scene.text(1).contains("invoice"));
        }
    }
}
