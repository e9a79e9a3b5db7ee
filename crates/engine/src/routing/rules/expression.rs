//! CEL expressions of rules. The `cel` crate reads them; what it read is checked against the types
//! of what rules may look at and made into a small tree of our own, which is what runs: it has
//! bounds, compiles patterns once, copies no text and cannot panic, none of which the crate's own
//! interpreter promises. Both must say the same, which a test with random expressions holds.
//!
//! What a rule may say: `&& || ! ?:`, comparisons, whole numbers with `+ - * / %`, `in`, lists of
//! literals, `size`, `contains`, `startsWith`, `endsWith`, `matches` with a literal pattern,
//! `lowerAscii`, `int`, `has`, and `exists`, `all` and `exists_one` over a list, one level deep.

mod check;
mod run;

use super::Flaw;
use super::facts::Facts;
use super::pattern::Pattern;
use cel::parser::PrattParser;

/// Most bytes of an expression.
pub const EXPRESSION_MAX: usize = 2 * 1024;

/// Most parts of an expression.
pub const NODES_MAX: usize = 256;

/// Most parts of an expression within one another.
const DEPTH_MAX: usize = 24;

/// Most elements of a list.
const LIST_MAX: usize = 32;

/// How deep expressions are read; parentheses count here and leave no part behind. (Of the crate's
/// two readers this is the one by precedence: the one generated from a grammar takes some 70 KB of
/// stack for each level.)
const PARSE_DEPTH_MAX: u16 = 32;

/// Mistakes after which reading ends.
const MISTAKES_MAX: u32 = 4;

/// An expression that was checked, which is true or false of an arrival.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Program {
    root: Node,
    weight: u64,
}

/// What a part of an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Bool,
    Int,
    Text,
    Ints,
    Texts,
    Attributes,
}

/// A part of an expression.
#[derive(Clone, Debug)]
enum Node {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Node>),
    Variable(Variable),
    /// What `exists` and its like have in hand.
    Element,
    /// An attribute by its name; no value if there is none.
    Attribute(Box<Node>),
    /// Whether there is an attribute of that name.
    HasAttribute(Box<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    If(Box<[Node; 3]>),
    Compare(Compare, Box<[Node; 2]>),
    Math(Math, Box<[Node; 2]>),
    In(Box<[Node; 2]>),
    Size(Box<Node>),
    Finds(Finds, Box<[Node; 2]>),
    Matches(Box<Node>, Pattern),
    Lower(Box<Node>),
    Number(Box<Node>),
    Each(Each, Box<[Node; 2]>),
}

impl PartialEq for Node {
    /// Equal in what it was made of: patterns are compared as they print.
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

/// What expressions may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    Channel,
    Account,
    Priority,
    Subject,
    Language,
    Tags,
    Status,
    AgeMinutes,
    Customer,
    Tier,
    Attributes,
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Math {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finds {
    Contains,
    Starts,
    Ends,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Each {
    Exists,
    All,
    One,
}

impl Program {
    /// Reads and checks an expression.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(super) fn of(source: &str) -> Result<Self, Flaw> {
        let flaw =
            |problem: &'static str, at| Flaw::Expression { problem, part: String::new(), at };
        if source.len() > EXPRESSION_MAX {
            return Err(flaw("is longer than an expression may be", 0));
        }
        if check::nesting(source) > usize::from(PARSE_DEPTH_MAX) {
            return Err(flaw("holds too much within one another", 0));
        }
        let parser = PrattParser::new()
            .max_recursion_depth(PARSE_DEPTH_MAX)
            .max_expression_node_count(2 * NODES_MAX)
            .error_recovery_limit(MISTAKES_MAX);
        let ast = parser.parse(source).map_err(|wrong| {
            let place = wrong.errors.first().map(|error| error.pos);
            flaw("cannot be read", place.map_or(0, |pos| check::character(source, pos)))
        })?;
        check::program(&ast).map_err(|wrong| Flaw::Expression {
            problem: wrong.problem,
            part: wrong.part,
            at: 0,
        })
    }

    /// What running it costs at the most.
    pub(super) const fn weight(&self) -> u64 {
        self.weight
    }

    /// Whether it is true of an arrival; none if it comes to no value.
    pub(super) fn run(&self, facts: &Facts<'_>) -> Option<bool> {
        run::truth(&self.root, facts)
    }

    /// Whether it says the same of everything that could arrive, as far as that is plain to see.
    pub(super) fn constant(&self) -> Option<bool> {
        match self.root {
            Node::Bool(value) => Some(value),
            _ => None,
        }
    }
}
