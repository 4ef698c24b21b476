package com.example.shapes;

public sealed interface Shape permits Circle {
    double PI = 3.14;
    double area();
    default String label() { return "shape"; }
}

final class Circle implements Shape {
    private final double r;
    Circle(double r) { this.r = r; }
    public double area() { return PI * r * r; }
}

@interface Marker {
    String value() default "";
}
