import React from 'react';

export const Button = ({ label }) => {
  const onClick = () => label;
  return <button onClick={onClick}>{label}</button>;
};

export default function App() {
  return <Button label="x" />;
}

class Panel extends React.Component {
  state = {};
  render() { return <div />; }
}
