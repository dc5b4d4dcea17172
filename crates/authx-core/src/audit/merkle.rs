//! The Merkle tree hash of RFC 6962 §2.1, leaf by leaf in logarithmic space.

use crate::cipher::sha256;

/// A tree that only grows. Holds one hash per bit set in its size: those of the complete subtrees
/// from the left, largest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    size: u64,
    complete: Vec<[u8; 32]>,
}

impl Tree {
    pub(super) fn push(&mut self, leaf: &[u8]) {
        let mut hash = leaf_hash(leaf);
        let mut size = self.size;
        // Two complete subtrees of the same size become one, as a carry does in binary addition.
        while size & 1 == 1 {
            let Some(left) = self.complete.pop() else { break };
            hash = node(&left, &hash);
            size >>= 1;
        }
        self.complete.push(hash);
        self.size += 1;
    }

    pub(super) fn root(&self) -> [u8; 32] {
        self.complete
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| node(&left, &right))
            .unwrap_or_else(|| sha256(b""))
    }
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    sha256(&[&[1], &left[..], right].concat())
}

fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    sha256(&[&[0], leaf].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The leaves and roots of the reference implementation of Certificate Transparency
    /// (google/certificate-transparency:cpp/merkletree/merkle_tree_test.cc).
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        for (size, root) in roots.into_iter().enumerate() {
            assert_eq!(crate::testing::hex(&tree.root()), root, "{size} leaves");
            if let Some(leaf) = leaves.get(size) {
                tree.push(leaf);
            }
        }
    }

    /// The definition as the RFC writes it.
    fn definition(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [] => sha256(b""),
            [leaf] => leaf_hash(leaf),
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(split);
                node(&definition(left), &definition(right))
            }
        }
    }

    proptest! {
        #[test]
        fn a_growing_tree_has_the_root_of_the_definition(
            leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..70),
        ) {
            let mut tree = Tree::default();
            for leaf in &leaves {
                tree.push(leaf);
            }
            prop_assert_eq!(tree.root(), definition(&leaves));
        }
    }
}
