package com.example;

import java.util.List;
import static java.lang.Math.max;

/** A bank. */
public class Bank extends Base implements Closeable {
    public static final int LIMIT = 10;
    private final List<String> names;
    int a, b;

    public Bank(List<String> names) { this.names = names; }

    @Override
    public void close() { int local = 1; }

    static <T> T id(T x) { return x; }

    interface Listener { void on(String e); }

    enum Kind {
        OPEN, CLOSED(1);
        Kind() {}
        Kind(int x) {}
    }

    record Pair(int x, int y) {
        Pair { }
        int sum() { return x + y; }
    }
}
