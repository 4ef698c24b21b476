pub(crate) mod inner {
    pub type Alias<T> = Vec<T>;
    pub union Bits {
        a: u32,
        b: f32,
    }
    pub async unsafe fn run<'a, T: Clone>(x: &'a T) -> &'a T where T: Send { x }
}

mod elsewhere;

macro_rules! square {
    ($x:expr) => { $x * $x };
}

extern "C" {
    fn abs(x: i32) -> i32;
    static ERRNO: i32;
}

fn main() {
    const LOCAL: u8 = 1;
    let closure = |x: u8| x + LOCAL;
    struct Inside {
        a: u8,
    }
    println!("{}", square!(closure(2)));
}
