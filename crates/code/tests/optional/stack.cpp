#include <vector>

namespace shop {

// A price in cents.
struct Price {
    int cents;
};

enum class Color { Red, Green };

template <typename T>
class Stack {
public:
    void push(T item) { items.push_back(item); }
    int size() const;
    ~Stack() {}
private:
    std::vector<T> items;
};

using Prices = Stack<Price>;

int twice(int number) {
    int local = number;
    return local * 2;
}

}

int shop::Stack_size(int most) { return most; }
