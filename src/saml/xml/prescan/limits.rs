//! What a document may cost before a parser sees it.

/// What a document may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Nested elements.
    pub depth: usize,
    /// Attributes on one element, namespace declarations included.
    pub attributes: usize,
    /// Namespace declarations in scope at any element.
    pub namespaces: usize,
    /// Elements, comments, processing instructions and CDATA sections in all: each becomes a node of the tree.
    pub elements: usize,
    /// Namespace declarations in all: the parser keeps the distinct ones in a sorted list, and to put one in front moves
    /// all the others.
    pub declarations: usize,
    /// References to characters, each of which the parser writes out by itself.
    pub references: usize,
    /// Comparisons that the parser will make for duplicate attributes and for namespaces, in all.
    pub work: usize,
}

impl Limits {
    /// Protocol messages: 1 MB.
    pub const MESSAGE: Limits = Limits {
        bytes: 1 << 20,
        depth: 64,
        attributes: 256,
        namespaces: 64,
        elements: 20_000,
        declarations: 12_000,
        // A megabyte of ciphertext whose lines end in `&#13;`, as Java writes them, has less than half of it.
        references: 40_000,
        work: 1_200_000,
    };
    /// Metadata, which an administrator uploads or the egress client fetched: 5 MB.
    pub const METADATA: Limits = Limits {
        bytes: 5 << 20,
        elements: 150_000,
        declarations: 30_000,
        references: 150_000,
        work: 10_000_000,
        ..Limits::MESSAGE
    };
}
