require 'json'

module Shop
  LIMIT = 10

  # A cart of items.
  class Cart
    attr_reader :items

    def initialize
      @items = []
    end

    def self.load(text)
      cart = new
      cart
    end

    def add(item)
      total = 1
      @items << item
    end
  end
end

def helper
  1
end
