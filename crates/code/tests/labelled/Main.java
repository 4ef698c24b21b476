import java.util.function.Function;

class Main {
    static int count;
    static { count = 1; }

    public static void main(String[] args) {
        Function<Integer, Integer> f = x -> x + 1;
        Runnable r = new Runnable() {
            public void run() {}
        };
        class Local { void go() {} }
        r.run();
    }
}
