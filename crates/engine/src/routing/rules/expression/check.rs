//! From what the parser read to a tree that can only run well: every name is known, every type
//! fits, and every bound holds.

use super::{Compare, DEPTH_MAX, Each, Finds, LIST_MAX, Math, NODES_MAX, Node, Program, Type};
use super::{Pattern, Variable};
use crate::routing::rules::facts::TAGS_MAX;
use crate::routing::rules::pattern;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, Expr, IdedExpr, ListExpr, LiteralValue, SelectExpr, operators,
};
use domain::interaction::Priority;

/// What reading a whole text weighs.
const TEXT_WEIGHT: u64 = 8;

/// What is wrong, and with which part.
pub(super) struct Wrong {
    pub(super) part: String,
    pub(super) problem: &'static str,
}

/// Most characters of a part that a refusal names.
const PART_MAX: usize = 64;

type Checked = Result<(Node, Type), Wrong>;

/// How deep brackets stand within one another, and how long a run of signs before a value is.
pub(super) fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest, mut run) = (0_usize, 0, 0_usize);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        run = match byte {
            b'!' | b'-' => run + 1,
            b' ' | b'\t' | b'\r' | b'\n' => run,
            _ => 0,
        };
        deepest = deepest.max(depth + run);
    }
    deepest
}

/// The character, from 1, at a line and column.
pub(super) fn character(source: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line).unwrap_or(0);
    let before = source.split_inclusive('\n').take(line.saturating_sub(1));
    let before: usize = before.map(|line| line.chars().count()).sum();
    before + usize::try_from(column).unwrap_or(0).max(1)
}

/// Checks a whole expression.
pub(super) fn program(ast: &IdedExpr) -> Result<Program, Wrong> {
    let mut check = Check { nodes: 0, depth: 0, element: None };
    let (root, made) = check.part(ast)?;
    if made != Type::Bool {
        return wrong(ast, "is neither true nor false");
    }
    let weight = weight(&root);
    Ok(Program { root, weight })
}

/// The check under way.
struct Check {
    nodes: usize,
    depth: usize,
    /// The name and the type of what `exists` and its like have in hand.
    element: Option<(String, Type)>,
}

fn wrong<T>(of: &IdedExpr, problem: &'static str) -> Result<T, Wrong> {
    Err(Wrong { part: named(of).chars().take(PART_MAX).collect(), problem })
}

/// A part by its name; empty if it has none.
fn named(of: &IdedExpr) -> String {
    match &of.expr {
        Expr::Ident(name) => name.clone(),
        Expr::Select(select) => match named(&select.operand) {
            root if root.is_empty() => select.field.clone(),
            root => format!("{root}.{}", select.field),
        },
        Expr::Call(call) if call.func_name.starts_with(char::is_alphabetic) => {
            format!("{}()", call.func_name)
        }
        _ => String::new(),
    }
}

impl Check {
    fn part(&mut self, of: &IdedExpr) -> Checked {
        self.nodes += 1;
        self.depth += 1;
        if self.nodes > NODES_MAX {
            return wrong(of, "has more parts than an expression may have");
        }
        if self.depth > DEPTH_MAX {
            return wrong(of, "holds too much within one another");
        }
        let made = match &of.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(value) => Ok((Node::Bool(*value.inner()), Type::Bool)),
                LiteralValue::Int(value) => Ok((Node::Int(*value.inner()), Type::Int)),
                LiteralValue::String(value) => {
                    Ok((Node::Text(value.inner().to_owned()), Type::Text))
                }
                _ => wrong(of, "has a value of a kind that rules do not know"),
            },
            Expr::Ident(name) => self.name(of, name),
            Expr::Select(select) => self.select(of, select),
            Expr::List(list) => self.list(of, list),
            Expr::Call(call) => self.call(of, call),
            Expr::Comprehension(each) => self.each(of, each),
            _ => wrong(of, "has something in it that rules do not know"),
        };
        self.depth -= 1;
        made
    }

    fn typed(&mut self, of: &IdedExpr, wanted: Type) -> Result<Box<Node>, Wrong> {
        let (node, made) = self.part(of)?;
        if made == wanted {
            return Ok(Box::new(node));
        }
        wrong(
            of,
            match wanted {
                Type::Bool => "must be true or false here",
                Type::Int => "must be a whole number here",
                Type::Text => "must be a text here",
                Type::Ints | Type::Texts | Type::Attributes => "must be a list here",
            },
        )
    }

    fn pair(&mut self, two: [&IdedExpr; 2], wanted: Type) -> Result<Box<[Node; 2]>, Wrong> {
        let [left, right] = two;
        let left = self.typed(left, wanted)?;
        Ok(Box::new([*left, *self.typed(right, wanted)?]))
    }

    fn name(&mut self, of: &IdedExpr, name: &str) -> Checked {
        if let Some((element, made)) = &self.element
            && element == name
        {
            return Ok((Node::Element, *made));
        }
        let rank = Priority::ALL.iter().find(|priority| priority.word() == name);
        match rank {
            Some(priority) => Ok((Node::Int(i64::from(priority.code())), Type::Int)),
            None => wrong(of, "is no name that rules know"),
        }
    }

    fn is_element(&self, name: &str) -> bool {
        self.element.as_ref().is_some_and(|(element, _)| element == name)
    }

    fn select(&mut self, of: &IdedExpr, select: &SelectExpr) -> Checked {
        if let Expr::Ident(root) = &select.operand.expr
            && !self.is_element(root)
        {
            return match variable(root, &select.field) {
                Some(_) if select.test => wrong(of, "is always there"),
                Some((variable, made)) => Ok((Node::Variable(variable), made)),
                None => wrong(of, "is no name that rules know"),
            };
        }
        let (_, made) = self.part(&select.operand)?;
        if made != Type::Attributes {
            return wrong(of, "is no name that rules know");
        }
        let key = Box::new(Node::Text(select.field.clone()));
        Ok(if select.test {
            (Node::HasAttribute(key), Type::Bool)
        } else {
            (Node::Attribute(key), Type::Text)
        })
    }

    fn list(&mut self, of: &IdedExpr, list: &ListExpr) -> Checked {
        if list.elements.len() > LIST_MAX || !list.optional_indices.is_empty() {
            return wrong(of, "is longer than a list may be");
        }
        let mut nodes = Vec::with_capacity(list.elements.len());
        let mut of_all = None;
        for element in &list.elements {
            let (node, made) = self.part(element)?;
            if *of_all.get_or_insert(made) != made {
                return wrong(element, "is of another kind than the rest of the list");
            }
            nodes.push(node);
        }
        match of_all {
            Some(Type::Int) => Ok((Node::List(nodes), Type::Ints)),
            Some(Type::Text) => Ok((Node::List(nodes), Type::Texts)),
            None => wrong(of, "has nothing in it"),
            Some(_) => wrong(of, "is a list of neither texts nor whole numbers"),
        }
    }

    fn call(&mut self, of: &IdedExpr, call: &CallExpr) -> Checked {
        let args: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        match (call.func_name.as_str(), args.as_slice(), call.target.is_some()) {
            (operators::LOGICAL_NOT, [one], false) => {
                Ok((Node::Not(self.typed(one, Type::Bool)?), Type::Bool))
            }
            (operators::NEGATE, [one], false) => {
                Ok((Node::Negative(self.typed(one, Type::Int)?), Type::Int))
            }
            (operators::CONDITIONAL, [asked, yes, no], false) => {
                let asked = *self.typed(asked, Type::Bool)?;
                let (yes, made) = self.part(yes)?;
                if made == Type::Attributes {
                    return wrong(of, "cannot choose between attributes");
                }
                let no = *self.typed(no, made)?;
                Ok((Node::If(Box::new([asked, yes, no])), made))
            }
            ("size", [one], _) => self.size(one),
            ("int", [one], false) => Ok((Node::Number(self.typed(one, Type::Text)?), Type::Int)),
            ("lowerAscii", [one], true) => {
                Ok((Node::Lower(self.typed(one, Type::Text)?), Type::Text))
            }
            (name, [left, right], target) => self.binary(of, (name, target), left, right),
            _ => wrong(of, "is no function that rules know"),
        }
    }

    fn size(&mut self, of: &IdedExpr) -> Checked {
        let (node, made) = self.part(of)?;
        if matches!(made, Type::Bool | Type::Int) {
            return wrong(of, "has no size");
        }
        Ok((Node::Size(Box::new(node)), Type::Int))
    }

    fn binary(
        &mut self,
        of: &IdedExpr,
        (name, target): (&str, bool),
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Checked {
        let two = [left, right];
        match (name, target) {
            (operators::LOGICAL_AND, false) => {
                Ok((Node::And(self.pair(two, Type::Bool)?), Type::Bool))
            }
            (operators::LOGICAL_OR, false) => {
                Ok((Node::Or(self.pair(two, Type::Bool)?), Type::Bool))
            }
            (operators::IN, false) => self.within(left, right),
            (operators::INDEX, false) => {
                let (_, made) = self.part(left)?;
                if made != Type::Attributes {
                    return wrong(left, "has nothing to be looked up by name");
                }
                Ok((Node::Attribute(self.typed(right, Type::Text)?), Type::Text))
            }
            ("matches", _) => {
                let text = self.typed(left, Type::Text)?;
                let Expr::Literal(LiteralValue::String(pattern)) = &right.expr else {
                    return wrong(right, "must be a pattern written out");
                };
                match Pattern::of(pattern.inner(), true) {
                    Some(pattern) => Ok((Node::Matches(text, pattern), Type::Bool)),
                    None => wrong(right, "is a pattern that is wrong or too large"),
                }
            }
            (_, true) => match finds(name) {
                Some(finds) => Ok((Node::Finds(finds, self.pair(two, Type::Text)?), Type::Bool)),
                None => wrong(of, "is no function that rules know"),
            },
            _ => self.arithmetic(of, name, two),
        }
    }

    fn arithmetic(&mut self, of: &IdedExpr, name: &str, two: [&IdedExpr; 2]) -> Checked {
        if let Some(math) = math(name) {
            return Ok((Node::Math(math, self.pair(two, Type::Int)?), Type::Int));
        }
        let Some(compare) = compare(name) else {
            return wrong(of, "is no function that rules know");
        };
        let [left, right] = two;
        let (left_node, made) = self.part(left)?;
        let equality = matches!(compare, Compare::Equal | Compare::NotEqual);
        match made {
            Type::Int | Type::Text => {}
            Type::Bool if equality => {}
            _ => return wrong(left, "cannot be compared so"),
        }
        let right_node = *self.typed(right, made)?;
        Ok((Node::Compare(compare, Box::new([left_node, right_node])), Type::Bool))
    }

    fn within(&mut self, left: &IdedExpr, right: &IdedExpr) -> Checked {
        let (list, made) = self.part(right)?;
        let wanted = match made {
            Type::Ints => Type::Int,
            Type::Texts | Type::Attributes => Type::Text,
            _ => return wrong(right, "must be a list here"),
        };
        let value = self.typed(left, wanted)?;
        if made == Type::Attributes {
            return Ok((Node::HasAttribute(value), Type::Bool));
        }
        Ok((Node::In(Box::new([*value, list])), Type::Bool))
    }

    /// What the parser made of `exists`, `all` and `exists_one`; the rest is refused.
    fn each(&mut self, of: &IdedExpr, each: &ComprehensionExpr) -> Checked {
        if self.element.is_some() {
            return wrong(of, "goes over a list within another");
        }
        let Some((kind, body)) = quantified(each) else {
            return wrong(of, "is none of exists, all and exists_one");
        };
        let (list, made) = self.part(&each.iter_range)?;
        let element = match made {
            Type::Ints => Type::Int,
            Type::Texts => Type::Text,
            _ => return wrong(&each.iter_range, "must be a list here"),
        };
        self.element = Some((each.iter_var.clone(), element));
        let body = self.typed(body, Type::Bool);
        self.element = None;
        Ok((Node::Each(kind, Box::new([list, *body?])), Type::Bool))
    }
}

fn quantified(each: &ComprehensionExpr) -> Option<(Each, &IdedExpr)> {
    let Expr::Call(step) = &each.loop_step.expr else { return None };
    if each.iter_var2.is_some() || each.accu_var != "@result" {
        return None;
    }
    let is_result = |of: &IdedExpr| matches!(&of.expr, Expr::Ident(name) if name == "@result");
    match (step.func_name.as_str(), step.args.as_slice()) {
        (operators::LOGICAL_OR, [result, body]) if is_result(result) => Some((Each::Exists, body)),
        (operators::LOGICAL_AND, [result, body]) if is_result(result) => Some((Each::All, body)),
        (operators::CONDITIONAL, [body, _, result])
            if is_result(result)
                && matches!(&each.accu_init.expr, Expr::Literal(LiteralValue::Int(_))) =>
        {
            Some((Each::One, body))
        }
        _ => None,
    }
}

fn variable(root: &str, field: &str) -> Option<(Variable, Type)> {
    Some(match (root, field) {
        ("interaction", "channel") => (Variable::Channel, Type::Text),
        ("interaction", "channel_account_id") => (Variable::Account, Type::Text),
        ("interaction", "priority") => (Variable::Priority, Type::Int),
        ("interaction", "subject") => (Variable::Subject, Type::Text),
        ("interaction", "language") => (Variable::Language, Type::Text),
        ("interaction", "tags") => (Variable::Tags, Type::Texts),
        ("interaction", "status") => (Variable::Status, Type::Text),
        ("interaction", "age_minutes") => (Variable::AgeMinutes, Type::Int),
        ("customer", "id") => (Variable::Customer, Type::Text),
        ("customer", "tier") => (Variable::Tier, Type::Text),
        ("customer", "attributes") => (Variable::Attributes, Type::Attributes),
        ("message", "text") => (Variable::Text, Type::Text),
        _ => return None,
    })
}

fn finds(name: &str) -> Option<Finds> {
    match name {
        "contains" => Some(Finds::Contains),
        "startsWith" => Some(Finds::Starts),
        "endsWith" => Some(Finds::Ends),
        _ => None,
    }
}

fn math(name: &str) -> Option<Math> {
    match name {
        operators::ADD => Some(Math::Add),
        operators::SUBSTRACT => Some(Math::Subtract),
        operators::MULTIPLY => Some(Math::Multiply),
        operators::DIVIDE => Some(Math::Divide),
        operators::MODULO => Some(Math::Modulo),
        _ => None,
    }
}

fn compare(name: &str) -> Option<Compare> {
    match name {
        operators::EQUALS => Some(Compare::Equal),
        operators::NOT_EQUALS => Some(Compare::NotEqual),
        operators::LESS => Some(Compare::Less),
        operators::LESS_EQUALS => Some(Compare::LessOrEqual),
        operators::GREATER => Some(Compare::More),
        operators::GREATER_EQUALS => Some(Compare::MoreOrEqual),
        _ => None,
    }
}

/// What running a part costs at the most: one for each step, more where a text is read, and as
/// often as a list is long.
fn weight(node: &Node) -> u64 {
    let all = |nodes: &[Node]| nodes.iter().map(weight).sum::<u64>();
    match node {
        Node::Bool(_) | Node::Int(_) | Node::Text(_) | Node::Element | Node::Variable(_) => 1,
        Node::List(nodes) => 1 + all(nodes),
        Node::Attribute(one)
        | Node::HasAttribute(one)
        | Node::Not(one)
        | Node::Negative(one)
        | Node::Number(one) => 1 + weight(one),
        Node::Size(one) => TEXT_WEIGHT + weight(one),
        Node::Lower(one) => 4 * TEXT_WEIGHT + weight(one),
        Node::And(two) | Node::Or(two) | Node::Math(_, two) => 1 + all(&**two),
        Node::If(three) => 1 + all(&**three),
        Node::Compare(_, two) => 1 + all(&**two),
        Node::In(two) => TAGS_MAX.max(LIST_MAX) as u64 + all(&**two),
        Node::Finds(_, two) => TEXT_WEIGHT + all(&**two),
        Node::Matches(one, _) => pattern::WEIGHT + weight(one),
        Node::Each(_, two) => {
            let [list, body] = &**two;
            let length = match list {
                Node::List(nodes) => nodes.len(),
                _ => TAGS_MAX,
            };
            1 + weight(list) + length as u64 * (1 + weight(body))
        }
    }
}
