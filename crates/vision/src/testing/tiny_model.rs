//! ONNX models of a few hundred bytes (<https://onnx.ai/onnx/repo-docs/IR.html>), written field by field as protobuf has it.

/// A message in the making.
#[derive(Clone, Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
            value >>= 7;
        }
        self.0.push(u8::try_from(value).unwrap_or_default());
    }

    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }
}

/// A name and a list of numbers that a node is told.
type Attribute<'a> = (&'a str, &'a [u64]);

const FLOAT: u64 = 1;
const TYPE_INT: u64 = 2;
const TYPE_INTS: u64 = 7;

/// A model with the input `picture`, put together node by node.
#[derive(Clone, Debug)]
pub struct TinyModel {
    graph: Message,
}

fn described(name: &str, shape: &[u64]) -> Message {
    let dims = shape.iter().fold(Message::default(), |dims, size| dims.message(1, &Message::default().number(1, *size)));
    let tensor = Message::default().number(1, FLOAT).message(2, &dims);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}

impl TinyModel {
    /// One that takes numbers of this shape.
    pub fn new(shape: &[u64]) -> Self {
        Self { graph: Message::default().text(2, "tiny").message(11, &described("picture", shape)) }
    }

    /// Another input, which no pose model has.
    #[must_use]
    pub fn input(mut self, name: &str, shape: &[u64]) -> Self {
        self.graph = self.graph.message(11, &described(name, shape));
        self
    }

    /// A tensor that it brings along. `values` may be fewer than the shape says, as in a broken file.
    #[must_use]
    pub fn constant(mut self, name: &str, shape: &[u64], values: &[f32]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let tensor = shape.iter().fold(Message::default(), |tensor, size| tensor.number(1, *size));
        self.graph = self.graph.message(5, &tensor.number(2, FLOAT).text(8, name).bytes(9, &bytes));
        self
    }

    /// A step from tensors to a tensor. A list of one number is told as that number.
    #[must_use]
    pub fn node(mut self, operator: &str, inputs: &[&str], output: &str, attributes: &[Attribute<'_>]) -> Self {
        let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
        let node = node.text(2, output).text(3, output).text(4, operator);
        let node = attributes.iter().fold(node, |node, (name, numbers)| {
            let told = Message::default().text(1, name);
            let told = match numbers {
                [one] => told.number(3, *one).number(20, TYPE_INT),
                several => several.iter().fold(told, |told, number| told.number(8, *number)).number(20, TYPE_INTS),
            };
            node.message(5, &told)
        });
        self.graph = self.graph.message(1, &node);
        self
    }

    /// What it gives.
    #[must_use]
    pub fn output(mut self, name: &str, shape: &[u64]) -> Self {
        self.graph = self.graph.message(12, &described(name, shape));
        self
    }

    /// The file, for the operators of version 13.
    pub fn file(&self) -> Vec<u8> {
        let operators = Message::default().text(1, "").number(2, 13);
        Message::default().number(1, 8).message(7, &self.graph).message(8, &operators).0
    }

    /// One that gives the same numbers for every picture, each greater by the mean of its input, which is square and in the order `nhwc`.
    pub fn constant_points(side: u64, shape: &[u64], values: &[f32]) -> Self {
        let mean: &[Attribute<'_>] = &[("axes", &[0, 1, 2, 3]), ("keepdims", &[0])];
        Self::new(&[1, side, side, 3])
            .constant("places", shape, values)
            .node("ReduceMean", &["picture"], "mean", mean)
            .node("Add", &["places", "mean"], "landmarks", &[])
            .output("landmarks", shape)
    }

    /// One that gives a map for each landmark: its own mixture of red, green and blue. The input is in the order `nchw`.
    pub fn colour_maps([width, height]: [u64; 2], mixtures: &[[f32; 3]]) -> Self {
        let count = mixtures.len() as u64;
        Self::new(&[1, 3, height, width])
            .constant("mixtures", &[count, 3, 1, 1], &mixtures.concat())
            .node("Conv", &["picture", "mixtures"], "maps", &[])
            .output("maps", &[1, count, height, width])
    }
}
