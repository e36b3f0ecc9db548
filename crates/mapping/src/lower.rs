//! Turns JSONata into programs over captured slices, where its form allows.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};

use crate::projection::Wanted;

/// A lowered expression.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// The value at a path of names.
    Slot(usize),
    /// `$`: the value that a filter looks at.
    This,
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    /// A value if the test holds of it: `a[$ != ""]`.
    Filter(Box<Op>, Box<Op>),
    /// An element of an array: `a[0]`.
    Index(Box<Op>, usize),
    /// A path of names inside a value that is not captured by itself: `a[0].b`.
    Member(Box<Op>, Vec<String>),
    /// `a & b`
    Concat(Box<Op>, Box<Op>),
    /// `$join([a, b][$ != null and $ != ""], " ")`
    JoinNonEmpty(Vec<Op>, String),
    Not(Box<Op>),
    Exists(Box<Op>),
    /// `$string(a)`
    ToText(Box<Op>),
    /// `$substring(a, start, length)`
    Substring(Box<Op>, usize, Option<usize>),
    Lowercase(Box<Op>),
    Equal(Box<Op>, Box<Op>),
    NotEqual(Box<Op>, Box<Op>),
    /// `a in ["x", "y"]`
    In(Box<Op>, Vec<Op>),
    And(Box<Op>, Box<Op>),
    Or(Box<Op>, Box<Op>),
    If(Box<Op>, Box<Op>, Option<Box<Op>>),
    /// `a ?? b`
    Coalesce(Box<Op>, Box<Op>),
    /// `a ?: b`
    Default(Box<Op>, Box<Op>),
    /// `$lookup({"a": 1}, b)`
    Lookup(Vec<(String, Op)>, Box<Op>),
    /// `[list[key = "x"].value, list.value][$ != null and $ != ""][0]`: the first text that is one, of members
    /// of lists' elements.
    FirstText(Vec<Elements>),
    /// `[{"type": "avatar", "url": a}]`
    Objects(Vec<Vec<(String, Op)>>),
}

/// One member of each element of a list, or of those elements where another member is a given text.
#[derive(Clone, Debug)]
pub(crate) struct Elements {
    pub(crate) list: usize,
    pub(crate) only: Option<(String, String)>,
    pub(crate) member: String,
}

/// Lowers one expression, adding the paths it reads to `wanted`. The error is the form that was in the way.
pub(crate) fn lower(ast: &AstNode, wanted: &mut Wanted, slots: &mut usize) -> Result<Op, String> {
    Lowerer { wanted, slots }.node(ast)
}

struct Lowerer<'a> {
    wanted: &'a mut Wanted,
    slots: &'a mut usize,
}

impl Lowerer<'_> {
    fn boxed(&mut self, node: &AstNode) -> Result<Box<Op>, String> {
        self.node(node).map(Box::new)
    }

    fn node(&mut self, node: &AstNode) -> Result<Op, String> {
        Ok(match node {
            AstNode::String(text) => Op::Text(text.clone()),
            AstNode::Number(number) => Op::Number(*number),
            AstNode::Boolean(truth) => Op::Bool(*truth),
            AstNode::Null => Op::Null,
            AstNode::Variable(name) if name.is_empty() => Op::This,
            AstNode::Name(name) => self.slot(std::slice::from_ref(name))?,
            AstNode::Path { steps } => self.path(steps)?,
            AstNode::Block(items) => match items.as_slice() {
                [only] => self.node(only)?,
                _ => return Err("a block of several expressions".into()),
            },
            AstNode::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs)?,
            AstNode::Conditional {
                condition,
                then_branch,
                else_branch,
            } => {
                let otherwise = match else_branch {
                    Some(branch) => Some(self.boxed(branch)?),
                    None => None,
                };
                Op::If(self.boxed(condition)?, self.boxed(then_branch)?, otherwise)
            }
            AstNode::Function {
                name,
                args,
                is_builtin: true,
            } => self.function(name, args)?,
            AstNode::Array(items) => Op::Objects(
                items
                    .iter()
                    .map(|item| match item {
                        AstNode::Object(pairs) => self.pairs(pairs),
                        _ => Err("an array of anything but objects".to_owned()),
                    })
                    .collect::<Result<_, _>>()?,
            ),
            other => return Err(kind(other).to_owned()),
        })
    }

    fn slot(&mut self, path: &[String]) -> Result<Op, String> {
        self.wanted
            .slot(path, self.slots)
            .map(Op::Slot)
            .ok_or_else(|| "an empty path".to_owned())
    }

    fn pairs(&mut self, pairs: &[(AstNode, AstNode)]) -> Result<Vec<(String, Op)>, String> {
        pairs
            .iter()
            .map(|(name, value)| match name {
                AstNode::String(name) => Ok((name.clone(), self.node(value)?)),
                _ => Err("an object with computed names".to_owned()),
            })
            .collect()
    }

    /// Names, then perhaps an index or a filter, then perhaps names again.
    fn path(&mut self, steps: &[PathStep]) -> Result<Op, String> {
        if let [
            PathStep {
                node: AstNode::Array(items),
                stages,
                ..
            },
        ] = steps
            && let [Stage::Filter(test), Stage::Filter(first)] = stages.as_slice()
            && is_non_empty_test(test)
            && matches!(first.as_ref(), AstNode::Number(0.0))
        {
            return items
                .iter()
                .map(|item| self.elements(item))
                .collect::<Result<_, _>>()
                .map(Op::FirstText);
        }
        let bound = |step: &PathStep| {
            step.focus.is_some() || step.index_var.is_some() || step.ancestor_label.is_some() || step.is_tuple
        };
        if steps.iter().any(bound) {
            return Err("a path that binds variables".into());
        }
        let mut names = Vec::new();
        let mut rest = steps.iter();
        let mut op = None;
        for step in rest.by_ref() {
            match &step.node {
                AstNode::Name(name) => names.push(name.clone()),
                AstNode::Variable(name) if name.is_empty() && names.is_empty() && op.is_none() => {
                    op = Some(Op::This);
                }
                other => return Err(format!("{} inside a path", kind(other))),
            }
            if !step.stages.is_empty() {
                let value = match op.take() {
                    Some(_) => return Err("a filter on `$`".into()),
                    None => self.slot(&names)?,
                };
                names.clear();
                op = Some(self.stages(value, &step.stages)?);
                break;
            }
            if op.is_some() {
                break;
            }
        }
        let Some(op) = op else { return self.slot(&names) };
        let mut inside = Vec::new();
        for step in rest {
            match &step.node {
                AstNode::Name(name) if step.stages.is_empty() => inside.push(name.clone()),
                other => return Err(format!("{} after a filter", kind(other))),
            }
        }
        Ok(if inside.is_empty() {
            op
        } else {
            Op::Member(Box::new(op), inside)
        })
    }

    /// `list.value` or `list[key = "x"].value`
    fn elements(&mut self, node: &AstNode) -> Result<Elements, String> {
        let other = || "a list of anything but members of lists".to_owned();
        let AstNode::Path { steps } = node else {
            return Err(other());
        };
        let [list, member] = steps.as_slice() else {
            return Err(other());
        };
        let (AstNode::Name(name), AstNode::Name(value), true) =
            (&list.node, &member.node, member.stages.is_empty())
        else {
            return Err(other());
        };
        let only = match list.stages.as_slice() {
            [] => None,
            [Stage::Filter(test)] => Some(member_test(test).ok_or_else(other)?),
            _ => return Err(other()),
        };
        let list = self
            .wanted
            .slot(std::slice::from_ref(name), self.slots)
            .ok_or_else(other)?;
        Ok(Elements {
            list,
            only,
            member: value.clone(),
        })
    }

    fn stages(&mut self, value: Op, stages: &[Stage]) -> Result<Op, String> {
        let mut op = value;
        for stage in stages {
            op = match stage {
                Stage::Filter(filter) => match filter.as_ref() {
                    AstNode::Number(index) if *index >= 0.0 && *index < 1e6 && index.fract() == 0.0 => {
                        Op::Index(Box::new(op), *index as usize)
                    }
                    AstNode::Number(_) | AstNode::Unary { .. } => return Err("an index from the end".into()),
                    test if reads_names(test) => return Err("a filter that reads members".into()),
                    test => Op::Filter(Box::new(op), self.boxed(test)?),
                },
                _ => return Err("a stage of a path".into()),
            };
        }
        Ok(op)
    }

    fn binary(&mut self, op: BinaryOp, lhs: &AstNode, rhs: &AstNode) -> Result<Op, String> {
        if op == BinaryOp::In {
            let AstNode::Array(items) = rhs else {
                return Err("`in` with anything but a list".into());
            };
            let literal = |item: &AstNode| {
                matches!(
                    item,
                    AstNode::String(_) | AstNode::Number(_) | AstNode::Boolean(_) | AstNode::Null
                )
            };
            if !items.iter().all(literal) {
                return Err("`in` with a list of anything but literals".into());
            }
            let items = items
                .iter()
                .map(|item| self.node(item))
                .collect::<Result<_, _>>()?;
            return Ok(Op::In(self.boxed(lhs)?, items));
        }
        let (lhs, rhs) = (self.boxed(lhs)?, self.boxed(rhs)?);
        Ok(match op {
            BinaryOp::Equal => Op::Equal(lhs, rhs),
            BinaryOp::NotEqual => Op::NotEqual(lhs, rhs),
            BinaryOp::And => Op::And(lhs, rhs),
            BinaryOp::Or => Op::Or(lhs, rhs),
            BinaryOp::Concatenate => Op::Concat(lhs, rhs),
            BinaryOp::Coalesce => Op::Coalesce(lhs, rhs),
            BinaryOp::Default => Op::Default(lhs, rhs),
            other => return Err(format!("the operator {other:?}")),
        })
    }

    fn function(&mut self, name: &str, args: &[AstNode]) -> Result<Op, String> {
        Ok(match (name, args) {
            ("not", [value]) => Op::Not(self.boxed(value)?),
            ("exists", [value]) => Op::Exists(self.boxed(value)?),
            ("string", [value]) => Op::ToText(self.boxed(value)?),
            ("lowercase", [value]) => Op::Lowercase(self.boxed(value)?),
            ("substring", [value, AstNode::Number(start)]) if *start >= 0.0 => {
                Op::Substring(self.boxed(value)?, *start as usize, None)
            }
            ("substring", [value, AstNode::Number(start), AstNode::Number(length)])
                if *start >= 0.0 && *length >= 0.0 =>
            {
                Op::Substring(self.boxed(value)?, *start as usize, Some(*length as usize))
            }
            ("lookup", [AstNode::Object(table), key]) => {
                let literal = |value: &AstNode| {
                    matches!(
                        value,
                        AstNode::String(_) | AstNode::Number(_) | AstNode::Boolean(_) | AstNode::Null
                    )
                };
                if !table.iter().all(|(_, value)| literal(value)) {
                    return Err("$lookup in anything but constants".into());
                }
                Op::Lookup(self.pairs(table)?, self.boxed(key)?)
            }
            ("join", [AstNode::Path { steps }, AstNode::String(separator)]) => {
                let [step] = steps.as_slice() else {
                    return Err("$join of a path".into());
                };
                let (AstNode::Array(items), [Stage::Filter(filter)]) = (&step.node, step.stages.as_slice())
                else {
                    return Err("$join of a path".into());
                };
                if !is_non_empty_test(filter) {
                    return Err("$join with a filter other than `[$ != null and $ != \"\"]`".into());
                }
                let items = items
                    .iter()
                    .map(|item| self.node(item))
                    .collect::<Result<_, _>>()?;
                Op::JoinNonEmpty(items, separator.clone())
            }
            (other, _) => return Err(format!("the function ${other} in this form")),
        })
    }
}

/// `$ != null and $ != ""`, in either order.
fn is_non_empty_test(test: &AstNode) -> bool {
    let AstNode::Binary {
        op: BinaryOp::And,
        lhs,
        rhs,
    } = test
    else {
        return false;
    };
    let differs_from = |node: &AstNode, from: &AstNode| match node {
        AstNode::Binary {
            op: BinaryOp::NotEqual,
            lhs,
            rhs,
        } => matches!(lhs.as_ref(), AstNode::Variable(name) if name.is_empty()) && rhs.as_ref() == from,
        _ => false,
    };
    let empty = AstNode::String(String::new());
    (differs_from(lhs, &AstNode::Null) && differs_from(rhs, &empty))
        || (differs_from(lhs, &empty) && differs_from(rhs, &AstNode::Null))
}

/// `key = "x"`
fn member_test(test: &AstNode) -> Option<(String, String)> {
    let AstNode::Binary {
        op: BinaryOp::Equal,
        lhs,
        rhs,
    } = test
    else {
        return None;
    };
    let AstNode::String(wanted) = rhs.as_ref() else {
        return None;
    };
    let key = match lhs.as_ref() {
        AstNode::Name(key) => key,
        AstNode::Path { steps } => match steps.as_slice() {
            [
                PathStep {
                    node: AstNode::Name(key),
                    stages,
                    ..
                },
            ] if stages.is_empty() => key,
            _ => return None,
        },
        _ => return None,
    };
    Some((key.clone(), wanted.clone()))
}

/// Whether a filter's test looks at members of the filtered value, which are not captured.
fn reads_names(node: &AstNode) -> bool {
    match node {
        AstNode::Name(_) | AstNode::Path { .. } => true,
        AstNode::Binary { lhs, rhs, .. } => reads_names(lhs) || reads_names(rhs),
        AstNode::Function { args, .. } => args.iter().any(reads_names),
        AstNode::Array(items) | AstNode::Block(items) => items.iter().any(reads_names),
        AstNode::Conditional {
            condition,
            then_branch,
            else_branch,
        } => {
            reads_names(condition)
                || reads_names(then_branch)
                || else_branch.as_deref().is_some_and(reads_names)
        }
        AstNode::String(_)
        | AstNode::Number(_)
        | AstNode::Boolean(_)
        | AstNode::Null
        | AstNode::Variable(_) => false,
        _ => true,
    }
}

fn kind(node: &AstNode) -> &'static str {
    match node {
        AstNode::Variable(_) | AstNode::ParentVariable(_) => "a variable",
        AstNode::Lambda { .. } => "a lambda",
        AstNode::Wildcard | AstNode::Descendant => "a wildcard",
        AstNode::Object(_) | AstNode::ObjectTransform { .. } => "an object by itself",
        AstNode::Regex { .. } => "a regular expression",
        AstNode::Sort { .. } => "a sort",
        AstNode::Block(_) | AstNode::FunctionApplication(_) => "a block",
        AstNode::Array(_) | AstNode::ArrayGroup(_) => "an array",
        AstNode::Unary { .. } => "a negation",
        AstNode::Call { .. } | AstNode::Function { .. } => "a call",
        _ => "this form",
    }
}
