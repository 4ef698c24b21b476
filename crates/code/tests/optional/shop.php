<?php
namespace App\Shop;

use App\Models\Item;

const LIMIT = 10;

interface Priced
{
    public function price(): int;
}

trait Named
{
    public function name(): string { return 'x'; }
}

enum Size: string
{
    case Small = 's';
    case Large = 'l';
}

/** A cart. */
class Cart implements Priced
{
    const MOST = 5;
    private array $items = [];

    public function price(): int
    {
        $sum = 0;
        return $sum;
    }
}

function helper(int $number): int
{
    return $number * 2;
}
