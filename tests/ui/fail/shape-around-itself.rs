use cache_runtime::Shape;
use serde::{Deserialize, Serialize};

trait Named {}

#[derive(Deserialize, Serialize, Shape)]
struct Link<T: Named> {
    to: Vec<T>,
}

#[derive(Deserialize, Serialize, Shape)]
struct Node {
    next: Link<Node>,
}

impl Named for Node {}

#[derive(Clone, Deserialize, Serialize)]
struct Plain<T>(T);

#[derive(Deserialize, Serialize, Shape)]
struct Tree<T> {
    value: T,
    children: Vec<Plain<Box<Tree<T>>>>,
}

#[derive(Clone, Deserialize, Serialize, Shape)]
#[serde(into = "Plain<Vec<Wired>>")]
struct Wired(u8);

impl From<Wired> for Plain<Vec<Wired>> {
    fn from(_: Wired) -> Self {
        Self(Vec::new())
    }
}

fn main() {}
