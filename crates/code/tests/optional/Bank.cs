using System.Collections.Generic;

namespace Shop.Money;

/// <summary>An account.</summary>
public class Account : IOwned
{
    private readonly List<int> entries = new();
    public string Owner { get; set; }

    public Account(string owner)
    {
        Owner = owner;
    }

    public int Balance() => Sum(entries);

    private static int Sum(List<int> numbers)
    {
        var total = 0;
        foreach (var number in numbers) { total += number; }
        return total;
    }
}

public interface IOwned
{
    string Owner { get; }
}

public enum Currency { Euro, Dollar }

public record Transfer(int Amount);

public struct Pair
{
    public int Left;
}

public delegate void Changed(int amount);
